// Softmax.
//   QOperator:  com.microsoft QLinearSoftmax, its output in steps of 1/256
//   QDQ:        the general rule
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  onnx::NodeProto* softmax = ReplaceUnary(r, node, UnitInterval(r.activation_type()));
  if (softmax == nullptr) return false;
  // Its own default is the last axis, whichever Softmax it stands for.
  if (r.opset() < 13 && FindAttribute(node, "axis") == nullptr) {
    SetIntAttribute(*softmax, "axis", 1);
  }
  SetIntAttribute(*softmax, "opset", r.opset());
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, softmax) {
  r.Add({.op_type = "Softmax", .qoperator = QOperator, .qdq = MarkAll});
}

}  // namespace quantab
