// Add, Mul.
//   QOperator:  com.microsoft QLinearAdd, QLinearMul
//   QDQ:        the general rule
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string a = OptionalInput(node, 0);
  const std::string b = OptionalInput(node, 1);
  if (!r.CanBeActivation(node, a) || !r.CanBeActivation(node, b) ||
      !r.CanBeOutput(node, node.output(0))) {
    return false;
  }
  const QLinearValue y = r.Output(node.output(0));
  const QLinearValue left = r.Activation(a);
  const QLinearValue right = r.Activation(b);
  r.Replace(node, "QLinear" + node.op_type(),
            {left.quantized, left.scale(), left.zero_point(), right.quantized, right.scale(),
             right.zero_point(), y.scale(), y.zero_point()},
            {y.quantized}, "com.microsoft");
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, binary) {
  for (const char* op_type : {"Add", "Mul"}) {
    r.Add({.op_type = op_type, .qoperator = QOperator, .qdq = MarkAll});
  }
}

}  // namespace quantab
