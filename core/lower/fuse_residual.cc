// Lets a dynamically quantized convolution add another value to its results, and limit the sums.
//   before:  quantab.ConvIntegerToFloat -> Add(z) (-> Relu or Clip(low, high)) -> y
//   after:   quantab.ConvIntegerToFloat(z, min = low, max = high) -> y
// Needs: channels last, as z lies then; nobody else reads between them; constant bounds, and none
// before the Add; z is no constant, which may be small.
#include <algorithm>

#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

bool IsUnlimitedConv(const onnx::NodeProto& node) {
  if (node.domain() != kLowerDomain || node.op_type() != "ConvIntegerToFloat") return false;
  if (IntAttribute(node, "channels_last", 0) == 0 || node.input_size() > 6) return false;
  return std::none_of(node.attribute().begin(), node.attribute().end(), [](const auto& attribute) {
    return attribute.name() == "min" || attribute.name() == "max";
  });
}

void Fuse(LowerGraph& graph, int i) {
  onnx::NodeProto conv = graph.node(i);
  const int add = graph.OnlyReader(i);
  if (!graph.Is(add, "Add")) return;
  const std::string z = graph.OtherOperand(add, OutputOf(conv, 0));
  if (z.empty() || graph.IsConstant(z)) return;
  while (conv.input_size() < 6) conv.add_input("");
  conv.add_input(z);
  int last = add;
  const int activation = graph.OnlyReader(add);
  const auto bounds = activation < 0 ? std::nullopt : BoundsOf(graph, activation);
  if (bounds && InputOf(graph.node(activation), 0) == OutputOf(graph.node(add), 0)) {
    SetFloat(conv, "min", bounds->low);
    SetFloat(conv, "max", bounds->high);
    last = activation;
  }
  conv.set_output(0, OutputOf(graph.node(last), 0));
  graph.Replace(last, std::move(conv));
}

}  // namespace

void FuseResidual(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (IsUnlimitedConv(graph.node(i))) Fuse(graph, i);
  }
}

}  // namespace quantab
