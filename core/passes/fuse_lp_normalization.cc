// Puts one operator in the place of an L2 normalization that is written out.
//   before:  n = Clip(ReduceL2(x), 1e-12);  x / Expand(n, shape of x) -> y
//   after:   LpNormalization(x), p = 2 -> y
// Needs: the norm over the last dimension, which is kept; Expand to the shape of x, which is known
// or comes from Shape(x); nobody else reads between the nodes. Rows shorter than the bound are
// divided by their length then, and not by the bound: it runs only when it is asked for.
#include <algorithm>
#include <cmath>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

constexpr double kBound = 1e-12;
constexpr double kBoundTolerance = 1e-13;

bool IsOverLastDimension(const PatternGraph& graph, int reduce) {
  const auto axes = AxesOf(graph, reduce, 1);
  const auto shape = graph.ShapeOfValue(graph.Input(reduce, 0));
  if (!axes || axes->size() != 1 || !shape || shape->empty()) return false;
  const auto last = static_cast<int64_t>(shape->size()) - 1;
  return ((*axes)[0] == -1 || (*axes)[0] == last) &&
         IntAttribute(graph.node(reduce), "keepdims", 1) != 0;
}

// Whether a Clip has no upper bound and keeps from zero only.
bool IsGuard(const PatternGraph& graph, int clip) {
  const onnx::NodeProto& node = graph.node(clip);
  if (FindAttribute(node, "max") != nullptr || !graph.Input(clip, 2).empty()) return false;
  std::optional<double> lower = graph.Scalar(graph.Input(clip, 1));
  if (FindAttribute(node, "min") != nullptr) {
    lower = static_cast<double>(FloatAttribute(node, "min", 0));
  }
  return lower && std::fabs(*lower - kBound) < kBoundTolerance;
}

// Whether an Expand gives its input the shape of `x`.
bool IsToShapeOf(const PatternGraph& graph, int expand, const std::string& x) {
  const int shape = graph.Producer(graph.Input(expand, 1));
  if (graph.Is(shape, "Shape") && graph.Input(shape, 0) == x) {
    return graph.node(shape).attribute_size() == 0;
  }
  const auto to = graph.Ints(graph.Input(expand, 1));
  const auto dims = graph.ShapeOfValue(x);
  return to && dims && std::equal(to->begin(), to->end(), dims->begin(), dims->end());
}

bool Fuse(PatternGraph& graph, int i) {
  if (!graph.Is(i, "ReduceL2") || !IsOverLastDimension(graph, i)) return false;
  const std::string x = graph.Input(i, 0);
  if (!IsComputable(graph.TypeOfValue(x))) return false;
  const int clip = graph.OnlyReaderOf(i);
  if (!graph.Is(clip, "Clip") || graph.Input(clip, 0) != graph.Output(i)) return false;
  const int expand = graph.OnlyReaderOf(clip);
  if (!graph.Is(expand, "Expand") || graph.Input(expand, 0) != graph.Output(clip)) return false;
  const int div = graph.OnlyReaderOf(expand);
  if (!graph.Is(div, "Div") || graph.Input(div, 0) != x) return false;
  if (!IsGuard(graph, clip) || !IsToShapeOf(graph, expand, x)) return false;
  onnx::NodeProto fused =
      PatternNode("LpNormalization", graph.node(div).name(), {x}, graph.Output(div));
  PutInt(fused, "axis", -1);
  PutInt(fused, "p", 2);
  for (const int node : {i, clip, expand}) graph.Remove(node);
  graph.Replace(div, std::move(fused));
  return true;
}

bool Run(Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }

}  // namespace

QUANTAB_REGISTER(passes, fuse_lp_normalization) {
  r.Add({.name = "fuse_lp_normalization", .stage = PassStage::kFuse, .optional = true, .run = Run});
}

}  // namespace quantab
