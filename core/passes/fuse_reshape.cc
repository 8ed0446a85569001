// Leaves out a change of shape that the next Reshape undoes.
//   before:  Reshape, Flatten, Squeeze or Unsqueeze -> Reshape(constant shape) -> y
//   after:   Reshape(constant shape) -> y
// Needs: a shape that does not copy dimensions of its input (a 0); nobody else reads between them.
#include <algorithm>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int first) {
  const bool changes_shape = graph.Is(first, "Reshape") || graph.Is(first, "Flatten") ||
                             graph.Is(first, "Squeeze") || graph.Is(first, "Unsqueeze");
  if (!changes_shape || graph.opset() < 5) return false;
  const int second = graph.OnlyReaderOf(first);
  if (!graph.Is(second, "Reshape") || graph.Input(second, 0) != graph.Output(first)) return false;
  const auto shape = graph.Ints(graph.Input(second, 1));
  const bool keeps_zeros = IntAttribute(graph.node(second), "allowzero", 0) != 0;
  if (!shape || (!keeps_zeros && std::count(shape->begin(), shape->end(), 0) > 0)) return false;
  onnx::NodeProto node = graph.node(second);
  node.set_input(0, graph.Input(first, 0));
  graph.Remove(first);
  graph.Replace(second, std::move(node));
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_reshape) {
  r.Add({.name = "fuse_reshape",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
