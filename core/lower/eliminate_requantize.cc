// Leaves out a DequantizeLinear and the QuantizeLinear right after it.
//   before:  q -> DQ(s, z) -> Q(s, z) -> y -> Op
//   after:   q -> Op
//   before:  q -> DQ(s, z) -> Q(t, u) -> y
//   after:   q -> quantab.QLinearUnary(op_type = Identity) -> y
// Needs: one scale for the whole tensor.
#include "core/lower/lower.h"

namespace quantab {

void EliminateRequantize(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "QuantizeLinear")) continue;
    const onnx::NodeProto quantize = graph.node(i);
    const auto x = graph.DequantizedFrom(InputOf(quantize, 0));
    const auto by = x ? graph.QuantizedTo(i) : std::nullopt;
    if (!by) continue;
    const std::string& y = OutputOf(quantize, 0);
    const bool same = x->by.scale_value == by->scale_value && x->by.zero_value == by->zero_value &&
                      x->by.dtype == by->dtype;
    if (same && !graph.IsOutput(y) && !graph.IsCaptured(y)) {
      graph.Redirect(y, x->value);
      graph.Remove(i);
      continue;
    }
    onnx::NodeProto lowered = MakeNode("QLinearUnary", kLowerDomain, quantize.name(),
                                       {x->value, x->by.scale, x->by.zero, by->scale, by->zero}, y);
    SetString(lowered, "op_type", "Identity");
    SetInt(lowered, "opset", graph.opset());
    graph.Replace(i, std::move(lowered));
  }
}

}  // namespace quantab
