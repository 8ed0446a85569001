// Sigmoid, LeakyRelu.
//   QOperator:  com.microsoft QLinearSigmoid, QLinearLeakyRelu
//   QDQ:        the general rule
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  std::optional<QParams> fixed;
  if (node.op_type() == "Sigmoid" && r.options().sigmoid_nnapi) {
    fixed = UnitInterval(r.activation_type());
  }
  return ReplaceUnary(r, node, fixed) != nullptr;
}

}  // namespace

QUANTAB_REGISTER(rules, sigmoid) {
  for (const char* op_type : {"Sigmoid", "LeakyRelu"}) {
    r.Add({.op_type = op_type, .qoperator = QOperator, .qdq = MarkAll});
  }
}

}  // namespace quantab
