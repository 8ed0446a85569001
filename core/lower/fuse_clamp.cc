// Lets a convolution with float results limit them, or what another value and they add up to.
//   before:  Conv -> Relu or Clip(low, high) -> y
//   after:   quantab.ClampedConv(min = low, max = high) -> y
//   before:  Conv -> Add(z) -> Relu or Clip(low, high) -> y
//   after:   quantab.ClampedConv(z, min = low, max = high) -> y
// A dynamically quantized one limits its results only (fuse_residual.cc does the rest):
//   before:  quantab.ConvIntegerToFloat -> Relu or Clip(low, high) -> y
//   after:   quantab.ConvIntegerToFloat(min = low, max = high) -> y
// Needs: nobody else reads between them; constant bounds; z is no constant, which may be small.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

bool IsDynamic(const onnx::NodeProto& node) {
  return node.domain() == kLowerDomain && node.op_type() == "ConvIntegerToFloat";
}

void Fuse(LowerGraph& graph, int i) {
  onnx::NodeProto conv = graph.node(i);
  int last = i;
  const int add = graph.OnlyReader(i);
  if (!IsDynamic(conv) && graph.Is(add, "Add")) {
    // Before opset 7 an attribute said how the second operand is broadcast.
    const std::string z = graph.opset() < 7 ? "" : graph.OtherOperand(add, OutputOf(conv, 0));
    if (z.empty() || graph.IsConstant(z)) return;
    while (conv.input_size() < 3) conv.add_input("");
    conv.add_input(z);
    last = add;
  }
  const int activation = graph.OnlyReader(last);
  const auto bounds = activation < 0 ? std::nullopt : BoundsOf(graph, activation);
  if (!bounds || InputOf(graph.node(activation), 0) != OutputOf(graph.node(last), 0)) return;
  SetFloat(conv, "min", bounds->low);
  SetFloat(conv, "max", bounds->high);
  if (!IsDynamic(conv)) conv.set_op_type("ClampedConv");
  conv.set_domain(kLowerDomain);
  conv.set_output(0, OutputOf(graph.node(activation), 0));
  graph.Replace(activation, std::move(conv));
}

}  // namespace

void FuseClamp(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    const bool is_float = graph.Is(i, "Conv") && graph.node(i).input_size() <= 3;
    if (is_float || IsDynamic(graph.node(i))) Fuse(graph, i);
  }
}

}  // namespace quantab
