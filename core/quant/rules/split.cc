// Split.
//   QDQ:  the input as an activation, each output like it
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (!m.IsMarked(node.input(0))) m.MarkActivation(node.input(0));
  if (m.KeepsOutput(node)) return;
  for (const std::string& output : node.output()) m.MarkSameAs(output, node.input(0));
}

}  // namespace

QUANTAB_REGISTER(rules, split) { r.Add({.op_type = "Split", .qdq = Qdq}); }

}  // namespace quantab
