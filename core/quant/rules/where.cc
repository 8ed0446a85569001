// Where.
//   QOperator:  com.microsoft QLinearWhere with options().force_quantize_no_input_check
//   QDQ:  the output as an activation where both branches are, or with
//         options().force_quantize_no_input_check
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string x = OptionalInput(node, 1);
  const std::string y = OptionalInput(node, 2);
  if (!r.options().force_quantize_no_input_check || !r.CanBeActivation(node, x) ||
      !r.CanBeActivation(node, y) || !r.CanBeOutput(node, node.output(0))) {
    return false;
  }
  const QLinearValue z = r.Output(node.output(0));
  const QLinearValue left = r.Activation(x);
  const QLinearValue right = r.Activation(y);
  r.Replace(node, "QLinearWhere",
            {node.input(0), left.quantized, left.scale(), left.zero_point(), right.quantized,
             right.scale(), right.zero_point(), z.scale(), z.zero_point()},
            {z.quantized}, "com.microsoft");
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const bool forced = m.options().force_quantize_no_input_check;
  for (int i : {1, 2}) {
    if (m.IsMarked(NodeInput(node, i))) continue;
    if (!forced) return;
    m.MarkActivation(NodeInput(node, i));
  }
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, where) { r.Add({.op_type = "Where", .qoperator = QOperator, .qdq = Qdq}); }

}  // namespace quantab
