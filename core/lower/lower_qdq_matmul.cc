// Runs MatMul and Gemm between DequantizeLinear and QuantizeLinear on bytes.
//   before:  q_a -> DQ, q_b -> DQ -> MatMul -> Q(s, z) -> y
//   after:   QLinearMatMul(q_a, q_b) -> y
//   before:  q_a -> DQ, q_b -> DQ, q_c -> DQ -> Gemm -> Q(s, z) -> y
//   after:   QGemm(q_a, q_b, q_c) -> y
// Where no QuantizeLinear follows the product leaves as float: MatMulIntegerToFloat, QGemm.
// Needs: one scale for a; one scale, or one for each column, for b; a constant int32 c with one
// value for each column; for Gemm beta = 1. A c in another scale than the product's is rounded to
// it, unless the product leaves as float.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

struct Right {
  std::string value, scale, zero;
  Tensor scales;
};

// The right operand: constant, by column or as a whole, or any tensor with one scale.
std::optional<Right> MatchRight(const LowerGraph& graph, const std::string& value,
                                int column_axis_of_matrix) {
  if (const auto b = graph.DequantizedFromConstant(value)) {
    if (b->dtype == DType::kInt32) return std::nullopt;
    if (b->scales.count() != 1) {
      const std::optional<Shape> weights = graph.ConstantShape(b->value);
      if (!weights || weights->size() != 2 || b->axis != column_axis_of_matrix) {
        return std::nullopt;
      }
    }
    return Right{b->value, b->scale, b->zero, b->scales};
  }
  const auto b = graph.DequantizedFrom(value);
  if (!b) return std::nullopt;
  return Right{b->value, b->by.scale, b->by.zero, Tensor::Scalar(b->by.scale_value)};
}

void LowerMatMul(LowerGraph& graph, int i) {
  const onnx::NodeProto matmul = graph.node(i);
  const auto a = graph.DequantizedFrom(InputOf(matmul, 0));
  const auto b = MatchRight(graph, InputOf(matmul, 1), 1);
  if (!a || !b) return;
  const std::optional<QuantizedEnd> end = FindQuantizedEnd(graph, i);
  if (!end) {
    graph.Replace(i, MakeNode("MatMulIntegerToFloat", "com.microsoft", matmul.name(),
                              {a->value, b->value, a->by.scale, b->scale, a->by.zero, b->zero},
                              OutputOf(matmul, 0)));
    return;
  }
  FinishQuantized(graph, *end,
                  MakeNode("QLinearMatMul", "", matmul.name(),
                           {a->value, a->by.scale, a->by.zero, b->value, b->scale, b->zero,
                            end->by.scale, end->by.zero},
                           OutputOf(matmul, 0)));
}

void LowerGemm(LowerGraph& graph, int i) {
  const onnx::NodeProto gemm = graph.node(i);
  const bool has_c = !InputOf(gemm, 2).empty();
  const bool transposed = IntAttribute(gemm, "transB", 0) != 0;
  const float alpha = FloatAttribute(gemm, "alpha", 1);
  const auto a = graph.DequantizedFrom(InputOf(gemm, 0));
  const auto b = MatchRight(graph, InputOf(gemm, 1), transposed ? 0 : 1);
  if (!a || !b || (has_c && FloatAttribute(gemm, "beta", 1) != 1)) return;
  const std::optional<QuantizedEnd> end = FindQuantizedEnd(graph, i);
  std::string c;
  if (has_c) {
    const std::optional<Shape> weights = graph.ConstantShape(b->value);
    if (!weights || weights->size() != 2) return;
    const std::optional<Bias> bias = BiasInScale(graph, InputOf(gemm, 2), a->by.scale_value * alpha,
                                                 b->scales, (*weights)[transposed ? 0 : 1]);
    // What is rounded beside the product shows where that leaves as float.
    if (!bias || (!end && !bias->exact)) return;
    c = graph.AddConstant(OutputOf(gemm, 0) + "_bias", bias->values);
  }
  onnx::NodeProto lowered = MakeNode(
      "QGemm", "com.microsoft", gemm.name(),
      {a->value, a->by.scale, a->by.zero, b->value, b->scale, b->zero, c}, OutputOf(gemm, 0));
  *lowered.mutable_attribute() = gemm.attribute();
  if (!end) {
    graph.Replace(i, std::move(lowered));
    return;
  }
  lowered.add_input(end->by.scale);
  lowered.add_input(end->by.zero);
  FinishQuantized(graph, *end, std::move(lowered));
}

}  // namespace

void LowerQdqMatMul(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "MatMul")) {
      LowerMatMul(graph, i);
    } else if (graph.Is(i, "Gemm")) {
      LowerGemm(graph, i);
    }
  }
}

}  // namespace quantab
