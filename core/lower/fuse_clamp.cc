// Lets a float convolution limit its own results.
//   before:  Conv -> Relu or Clip(low, high) -> y
//   after:   quantab.ClampedConv(min = low, max = high) -> y
// Needs: nobody else reads between them; constant bounds.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
void FuseClamp(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "Conv")) continue;
    const int activation = graph.OnlyReader(i);
    const auto bounds = activation < 0 ? std::nullopt : BoundsOf(graph, activation);
    if (!bounds || InputOf(graph.node(activation), 0) != OutputOf(graph.node(i), 0)) continue;
    onnx::NodeProto conv = graph.node(i);
    conv.set_op_type("ClampedConv");
    conv.set_domain(kLowerDomain);
    conv.set_output(0, OutputOf(graph.node(activation), 0));
    SetFloat(conv, "min", bounds->low);
    SetFloat(conv, "max", bounds->high);
    graph.Replace(activation, std::move(conv));
  }
}

}  // namespace quantab
