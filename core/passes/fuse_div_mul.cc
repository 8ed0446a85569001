// Divides once instead of multiplying with a reciprocal.
//   before:  Div(1, a) -> Mul(b) -> y
//   after:   Div(b, a) -> y
// Needs: floating-point numbers; nobody else reads between them.
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  if (!graph.Is(i, "Div") || graph.opset() < 7) return false;
  const std::string& one = graph.Input(i, 0);
  if (graph.Scalar(one) != 1.0 || !IsComputable(graph.TypeOfValue(one))) return false;
  // A one of one dimension would give the result a dimension, which only a could have had.
  const auto a = graph.ShapeOfValue(graph.Input(i, 1));
  if (graph.ShapeOfValue(one) != Shape{} && (!a || a->empty())) return false;
  const int mul = graph.OnlyReaderOf(i);
  if (!graph.Is(mul, "Mul")) return false;
  const std::string& b = graph.Input(mul, graph.Input(mul, 0) == graph.Output(i) ? 1 : 0);
  onnx::NodeProto node =
      PatternNode("Div", graph.node(mul).name(), {b, graph.Input(i, 1)}, graph.Output(mul));
  graph.Remove(i);
  graph.Replace(mul, std::move(node));
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_div_mul) {
  r.Add({.name = "fuse_div_mul",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
