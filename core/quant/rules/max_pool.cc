// MaxPool.
//   QDQ:  the output like the input, from operator set 12 on; before, it takes only floats
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (m.opset() >= 12) MarkPassThrough(m, node);
}

}  // namespace

QUANTAB_REGISTER(rules, max_pool) { r.Add({.op_type = "MaxPool", .qdq = Qdq}); }

}  // namespace quantab
