// Relu, Clip.
//   QDQ:  where the input is marked, the quantized range of the output cuts off what the operator
//         would, so the node before it makes the output; symmetric ranges do not cut off
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (!m.IsMarked(node.input(0))) return;
  if (m.options().activation_symmetric || m.options().qdq_keep_removable_activations ||
      !m.Absorb(node)) {
    m.MarkActivation(node.input(0));
  }
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, activation) {
  r.Add({.op_type = "Relu", .qdq = Qdq});
  r.Add({.op_type = "Clip", .qdq = Qdq});
}

}  // namespace quantab
