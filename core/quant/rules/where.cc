// Where.
//   QDQ:  the output as an activation where both branches are, or with
//         options().force_quantize_no_input_check
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const bool forced = m.options().force_quantize_no_input_check;
  for (int i : {1, 2}) {
    if (m.IsMarked(node.input(i))) continue;
    if (!forced) return;
    m.MarkActivation(node.input(i));
  }
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, where) { r.Add({.op_type = "Where", .qdq = Qdq}); }

}  // namespace quantab
