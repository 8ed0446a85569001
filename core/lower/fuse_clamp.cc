// Lets a convolution with float results limit them itself.
//   before:  Conv -> Relu or Clip(low, high) -> y
//   after:   quantab.ClampedConv(min = low, max = high) -> y
// The same for quantab.ConvIntegerToFloat, which has the attributes too.
// Needs: nobody else reads between them; constant bounds.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
void FuseClamp(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    const bool is_dynamic =
        graph.node(i).domain() == kLowerDomain && graph.node(i).op_type() == "ConvIntegerToFloat";
    if (!is_dynamic && !graph.Is(i, "Conv")) continue;
    const int activation = graph.OnlyReader(i);
    const auto bounds = activation < 0 ? std::nullopt : BoundsOf(graph, activation);
    if (!bounds || InputOf(graph.node(activation), 0) != OutputOf(graph.node(i), 0)) continue;
    onnx::NodeProto conv = graph.node(i);
    if (!is_dynamic) {
      conv.set_op_type("ClampedConv");
      conv.set_domain(kLowerDomain);
    }
    conv.set_output(0, OutputOf(graph.node(activation), 0));
    SetFloat(conv, "min", bounds->low);
    SetFloat(conv, "max", bounds->high);
    graph.Replace(activation, std::move(conv));
  }
}

}  // namespace quantab
