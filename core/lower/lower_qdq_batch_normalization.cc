// Runs a BatchNormalization between DequantizeLinear and QuantizeLinear on bytes.
//   before:  q_x -> DQ -> BatchNormalization(s, o, m, v) (-> Relu or Clip) -> Q(s, z) -> y
//   after:   quantab.QLinearBatchNormalization(q_x, s, o, m, v) -> y
// Needs: inference; float32 parameters, constant or made by a DequantizeLinear of constants; one
// scale for each tensor; nobody else reads between them.
#include "core/lower/activation_range.h"
#include "core/lower/inference_normalization.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

bool IsFloatParameter(const LowerGraph& graph, const std::string& value) {
  if (const auto quantized = graph.DequantizedFromConstant(value)) {
    return quantized->scales.dtype() == DType::kFloat;
  }
  return graph.IsConstant(value) && graph.TypeOfValue(value) == DType::kFloat;
}

void Lower(LowerGraph& graph, int i) {
  const onnx::NodeProto norm = graph.node(i);
  const auto x = graph.DequantizedFrom(InputOf(norm, 0));
  if (!x || norm.input_size() != 5 || !IsInference(norm)) return;
  for (int at = 1; at < 5; ++at) {
    if (!IsFloatParameter(graph, InputOf(norm, at))) return;
  }
  const auto end = FindQuantizedEnd(graph, i);
  if (!end) return;
  onnx::NodeProto lowered =
      MakeNode("QLinearBatchNormalization", kLowerDomain, norm.name(),
               {x->value, x->by.scale, x->by.zero, InputOf(norm, 1), InputOf(norm, 2),
                InputOf(norm, 3), InputOf(norm, 4), end->by.scale, end->by.zero},
               "");
  SetFloat(lowered, "epsilon", FloatAttribute(norm, "epsilon", 1e-5F));
  FinishQuantized(graph, *end, std::move(lowered));
}

}  // namespace

void LowerQdqBatchNormalization(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "BatchNormalization")) Lower(graph, i);
  }
}

}  // namespace quantab
