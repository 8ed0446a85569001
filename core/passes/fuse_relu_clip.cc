// Leaves out a Relu whose values are clipped anyway.
//   before:  Relu -> Clip(min, max) -> y
//   after:   Clip(min or 0, whichever is larger, max) -> y
// Needs: constant bounds, of which max is not below the new min; nobody else reads between them.
#include <limits>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

struct Bounds {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

std::optional<Bounds> BoundsOfClip(const PatternGraph& graph, int i) {
  Bounds bounds;
  if (graph.opset() < 11) {
    const onnx::NodeProto& node = graph.node(i);
    bounds.min =
        static_cast<double>(FloatAttribute(node, "min", std::numeric_limits<float>::lowest()));
    bounds.max =
        static_cast<double>(FloatAttribute(node, "max", std::numeric_limits<float>::max()));
    return bounds;
  }
  const auto take = [&](int k, double& bound) {
    if (graph.Input(i, k).empty()) return true;
    const auto constant = graph.Scalar(graph.Input(i, k));
    bound = constant.value_or(0);
    return constant.has_value();
  };
  if (!take(1, bounds.min) || !take(2, bounds.max)) return std::nullopt;
  return bounds;
}

// The type of what `clip` reads, if one can tell.
DType TypeOfClipped(const PatternGraph& graph, int relu, int clip) {
  for (const std::string& value : {graph.Input(clip, 1), graph.Input(clip, 2), graph.Output(clip),
                                   graph.Output(relu), graph.Input(relu, 0)}) {
    const DType type = value.empty() ? DType::kUndefined : graph.TypeOfValue(value);
    if (type != DType::kUndefined) return type;
  }
  return DType::kUndefined;
}

bool Fuse(PatternGraph& graph, int relu) {
  if (!graph.Is(relu, "Relu") || graph.opset() < 6) return false;
  const int clip = graph.OnlyReaderOf(relu);
  if (!graph.Is(clip, "Clip") || graph.Input(clip, 0) != graph.Output(relu)) return false;
  const auto bounds = BoundsOfClip(graph, clip);
  if (!bounds || !(bounds->max >= 0 && bounds->max >= bounds->min)) return false;
  onnx::NodeProto node = graph.node(clip);
  node.set_input(0, graph.Input(relu, 0));
  if (bounds->min < 0 && graph.opset() < 11) PutFloat(node, "min", 0);
  if (bounds->min < 0 && graph.opset() >= 11) {
    const DType type = TypeOfClipped(graph, relu, clip);
    if (!IsComputable(type)) return false;
    while (node.input_size() < 2) node.add_input();
    node.set_input(1, graph.AddNumbers(graph.Output(clip) + "_min", type, {}, {0}));
  }
  graph.Remove(relu);
  graph.Replace(clip, std::move(node));
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_relu_clip) {
  r.Add({.name = "fuse_relu_clip",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
