// Takes quantized tensors straight into averaging.
//   before:  q_x -> DQ -> GlobalAveragePool -> Q(s, z) -> y     (also AveragePool)
//   after:   QLinearGlobalAveragePool(q_x) -> y                 (quantab.QLinearAveragePool)
// Needs: one scale for each tensor; nobody else reads the result.
#include "core/lower/lower.h"

namespace quantab {

void LowerQdqPool(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "GlobalAveragePool") && !graph.Is(i, "AveragePool")) continue;
    const onnx::NodeProto pool = graph.node(i);
    const auto x = graph.DequantizedFrom(InputOf(pool, 0));
    const int quantize = graph.OnlyReader(i);
    const auto by = quantize < 0 || !x ? std::nullopt : graph.QuantizedTo(quantize);
    if (!by) continue;
    const char* domain = pool.op_type() == "AveragePool" ? kLowerDomain : "com.microsoft";
    onnx::NodeProto lowered = MakeNode("QLinear" + pool.op_type(), domain, pool.name(),
                                       {x->value, x->by.scale, x->by.zero, by->scale, by->zero},
                                       OutputOf(graph.node(quantize), 0));
    *lowered.mutable_attribute() = pool.attribute();
    graph.Replace(quantize, std::move(lowered));
  }
}

}  // namespace quantab
