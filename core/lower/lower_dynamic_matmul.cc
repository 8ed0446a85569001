// Lets a dynamically quantized product leave as float directly.
//   before:  DynamicQuantizeLinear(x) -> q, s, z;  MatMulInteger(q, w, z, u) -> Cast -> Mul(s * t)
//            (-> Add(b)) -> y
//   after:   DynamicQuantizeLinear(x) -> q, s, z;  MatMulIntegerToFloat(q, w, s, t, z, u, b) -> y
// Needs: constant w, t, u; b, if any, constant and one value for each column.
#include "core/lower/dynamic_scale.h"
#include "core/lower/lower.h"

namespace quantab {

void LowerDynamicMatMul(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "MatMulInteger")) continue;
    const onnx::NodeProto matmul = graph.node(i);
    std::optional<DynamicTail> tail = FindDynamicTail(graph, i, 0, 2);
    if (!tail) continue;
    const std::optional<Shape> weights = graph.ConstantShape(InputOf(matmul, 1));
    const std::optional<Tensor> scale = graph.Constant(tail->b_scale);
    if (!weights || !scale || static_cast<int>(weights->size()) < 2) continue;
    const int64_t columns = weights->back();
    if (scale->dtype() != DType::kFloat || scale->rank() > 1 ||
        (scale->count() != 1 && scale->count() != columns)) {
      continue;
    }
    if (!tail->bias.empty()) {
      const std::optional<Tensor> bias = graph.Constant(tail->bias);
      if (!bias || bias->dtype() != DType::kFloat || bias->rank() != 1 ||
          bias->count() != columns) {
        tail->DropBias(graph, i);
      }
    }
    const std::string zero = InputOf(matmul, 3);
    graph.Replace(tail->last, MakeNode("MatMulIntegerToFloat", "com.microsoft", matmul.name(),
                                       {InputOf(matmul, 0), InputOf(matmul, 1), tail->a_scale,
                                        tail->b_scale, InputOf(matmul, 2), zero, tail->bias},
                                       OutputOf(graph.node(tail->last), 0)));
  }
}

}  // namespace quantab
