// MaxPool.
//   QOperator, from operator set 12 on: the output like the input
//   QDQ:  the output like the input, from operator set 12 on; before, and for float8, it takes
//         only floats
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  return r.opset() >= 12 && PassThrough(r, node);
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const bool float8 = m.options().activation_type == QuantType::kQFloat8E4M3FN;
  if (m.opset() >= 12 && !float8) MarkPassThrough(m, node);
}

}  // namespace

QUANTAB_REGISTER(rules, max_pool) {
  r.Add({.op_type = "MaxPool", .qoperator = QOperator, .qdq = Qdq});
}

}  // namespace quantab
