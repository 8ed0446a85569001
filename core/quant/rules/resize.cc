// Resize.
//   QDQ:  the output like the input, from operator set 11 on; before, it takes only floats
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (m.opset() >= 11) MarkPassThrough(m, node);
}

}  // namespace

QUANTAB_REGISTER(rules, resize) { r.Add({.op_type = "Resize", .qdq = Qdq}); }

}  // namespace quantab
