// Gemm. Dynamic quantization decomposes it before rules are asked (core/quant/decompose_gemm.h).
//   QOperator:  com.microsoft QGemm, c as int32 into which beta is multiplied
//   QDQ:  a and the output as activations, b as a weight, c as a bias into which beta is multiplied
#include <cmath>

#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string a = OptionalInput(node, 0);
  const std::string b = OptionalInput(node, 1);
  const float alpha = FloatAttribute(node, "alpha", 1);
  const float beta = FloatAttribute(node, "beta", 1);
  const std::string c = beta == 0 ? "" : OptionalInput(node, 2);
  const onnx::TensorProto* constant = r.Constant(b);
  if (constant != nullptr && constant->dims_size() != 2) return false;
  // QGemm adds c to sums of scale a * b, and multiplies both by alpha.
  const float factor = alpha / beta;
  if (!c.empty() && (!std::isnormal(factor) || !r.CanBeBias(node, c, 1))) return false;

  const bool transposed = IntAttribute(node, "transB", 0) != 0;
  QOperatorRewriter::WeightOptions weight;
  weight.axis = r.ChannelAxis(b, transposed ? 0 : 1);
  // Scales per column are for a c with a value per column.
  if (weight.axis && !c.empty() &&
      !r.FitsChannels(c, constant->dims(static_cast<int>(*weight.axis)))) {
    weight.axis.reset();
  }
  if (!r.CanBeActivation(node, a) || !r.CanBeWeight(node, b, weight) ||
      !r.CanBeOutput(node, node.output(0))) {
    return false;
  }
  const QLinearValue y = r.Output(node.output(0));
  const QLinearValue left = r.Activation(a);
  const QLinearValue right = r.Weight(b, weight);
  const std::string bias = c.empty() ? "" : r.Bias(c, left, right, factor);
  r.Replace(node, "QGemm",
            {left.quantized, left.scale(), left.zero_point(), right.quantized, right.scale(),
             right.zero_point(), bias, y.scale(), y.zero_point()},
            {y.quantized}, "com.microsoft", {"beta"});
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  m.MarkActivation(NodeInput(node, 0));
  m.MarkOutputs(node);
  m.MarkWeight(NodeInput(node, 1), IntAttribute(node, "transB", 0) != 0 ? 0 : 1);
  m.MarkBias(node, 2, NodeInput(node, 0), NodeInput(node, 1), FloatAttribute(node, "beta", 1));
}

}  // namespace

QUANTAB_REGISTER(rules, gemm) { r.Add({.op_type = "Gemm", .qoperator = QOperator, .qdq = Qdq}); }

}  // namespace quantab
