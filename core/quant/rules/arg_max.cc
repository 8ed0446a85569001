// ArgMax.
//   QOperator:  of the integers where the input is quantized: the order of values is theirs
//   QDQ:        the general rule
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const QLinearValue* x = r.Find(node.input(0));
  if (x == nullptr) return false;
  onnx::NodeProto arg_max = node;
  arg_max.set_input(0, x->quantized);
  r.Keep(arg_max);
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, arg_max) {
  r.Add({.op_type = "ArgMax", .qoperator = QOperator, .qdq = MarkAll});
}

}  // namespace quantab
