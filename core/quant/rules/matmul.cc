// MatMul.
//   dynamic:  DynamicQuantizeLinear(a), b as integers -> MatMulInteger -> Cast -> Mul by the
//             scales; the transpose of a quantized constant counts as one
//   QOperator:  QLinearMatMul
//   QDQ:      each constant operand as a weight, the others and the output as activations
#include "core/quant/dynamic.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  if (!r.IsComplete(node, 2)) return false;
  const std::string& a = node.input(0);
  const std::string& b = node.input(1);
  if (!r.IsFloat(a) && !r.IsFloat(b)) return false;
  if (!r.MakesFloat(node.output(0))) return false;
  const onnx::TensorProto* constant = r.Constant(b);
  const QuantizedValue* made = r.Find(b);
  const bool fixed = constant != nullptr || (made != nullptr && made->tied);
  if (!fixed && r.options().matmul_const_b_only) return false;

  // MatMulInteger takes one scale per column only for a matrix.
  DynamicRewriter::WeightOptions weight;
  if (r.options().per_channel && constant != nullptr && constant->dims_size() == 2) {
    weight.axis = 1;
  }
  if (constant != nullptr && !r.IsQuantizableConstant(b, weight.axis)) return false;
  if (r.Constant(a) != nullptr && !r.IsQuantizableConstant(a)) return false;
  if (const QuantizedValue* known = r.Find(a); known != nullptr && known->axis) return false;

  const QuantizedValue left = r.QuantizeActivation(a);
  const QuantizedValue right = r.QuantizeWeight(b, weight);
  const std::string& output = node.output(0);
  const std::string name = node.name().empty() ? "" : node.name() + "_quant";
  const std::string integers = r.FreshValue(output + "_output_quantized");
  r.Add("MatMulInteger", {left.quantized, right.quantized, left.zero_point, right.zero_point},
        {integers}, name);
  r.Rescale(integers, left, right, output, name, DType::kFloat);
  return true;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string a = OptionalInput(node, 0);
  const std::string b = OptionalInput(node, 1);
  const onnx::TensorProto* constant = r.Constant(b);
  if (constant == nullptr && r.options().matmul_const_b_only) return false;
  // QLinearMatMul takes one scale per column only for a matrix.
  QOperatorRewriter::WeightOptions weight;
  if (constant != nullptr && constant->dims_size() == 2) weight.axis = r.ChannelAxis(b, 1);
  if (!r.CanBeActivation(node, a) || !r.CanBeWeight(node, b, weight) ||
      !r.CanBeOutput(node, node.output(0))) {
    return false;
  }
  const QLinearValue left = r.Activation(a);
  const QLinearValue right = r.Weight(b, weight);
  const QLinearValue y = r.Output(node.output(0));
  r.Replace(node, "QLinearMatMul",
            {left.quantized, left.scale(), left.zero_point(), right.quantized, right.scale(),
             right.zero_point(), y.scale(), y.zero_point()},
            {y.quantized}, "");
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (m.options().matmul_const_b_only && !m.IsConstant(NodeInput(node, 1))) return;
  for (int i = 0; i < node.input_size(); ++i) {
    const std::string& input = node.input(i);
    if (!m.IsConstant(input)) {
      m.MarkActivation(input);
      continue;
    }
    // One scale per column, of a matrix. A left operand has none to itself: scales along the axis
    // that is summed over run only where no fused kernel takes the operator, that is, where the
    // types differ in the order that none accepts.
    const bool columns =
        m.RankOf(input) == 2 && (i == 1 || m.options().weight_type != m.options().activation_type);
    m.MarkWeight(input, columns ? std::optional<int64_t>(1) : std::nullopt, node.op_type());
  }
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, matmul) {
  r.Add({.op_type = "MatMul", .dynamic = Dynamic, .qoperator = QOperator, .qdq = Qdq});
}

}  // namespace quantab
