// Joins quantized tensors as bytes.
//   before:  q_1 -> DQ, q_2 -> DQ ... -> Concat -> Q(s, z) -> y
//   after:   QLinearConcat(q_1, q_2 ...) -> y
// Needs: one scale for each tensor; nobody else reads the result.
#include "core/lower/lower.h"

namespace quantab {

void LowerQdqConcat(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "Concat")) continue;
    const onnx::NodeProto concat = graph.node(i);
    std::vector<std::string> inputs;
    for (const std::string& input : concat.input()) {
      const auto x = graph.DequantizedFrom(input);
      if (!x) break;
      inputs.insert(inputs.end(), {x->value, x->by.scale, x->by.zero});
    }
    if (inputs.size() != 3 * static_cast<size_t>(concat.input_size())) continue;
    const int quantize = graph.OnlyReader(i);
    const auto by = quantize < 0 ? std::nullopt : graph.QuantizedTo(quantize);
    if (!by) continue;
    inputs.insert(inputs.begin(), {by->scale, by->zero});
    onnx::NodeProto lowered = MakeNode("QLinearConcat", "com.microsoft", concat.name(),
                                       std::move(inputs), OutputOf(graph.node(quantize), 0));
    *lowered.mutable_attribute() = concat.attribute();
    graph.Replace(quantize, std::move(lowered));
  }
}

}  // namespace quantab
