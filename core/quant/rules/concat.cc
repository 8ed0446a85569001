// Concat.
//   QOperator:  com.microsoft QLinearConcat
//   QDQ:        the general rule
#include <algorithm>

#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const auto& parts = node.input();
  if (!std::all_of(parts.begin(), parts.end(),
                   [&](const std::string& part) { return r.CanBeActivation(node, part); }) ||
      !r.CanBeOutput(node, node.output(0))) {
    return false;
  }
  const QLinearValue y = r.Output(node.output(0));
  std::vector<std::string> inputs = {y.scale(), y.zero_point()};
  for (const std::string& part : parts) {
    const QLinearValue x = r.Activation(part);
    inputs.insert(inputs.end(), {x.quantized, x.scale(), x.zero_point()});
  }
  r.Replace(node, "QLinearConcat", inputs, {y.quantized}, "com.microsoft");
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, concat) {
  r.Add({.op_type = "Concat", .qoperator = QOperator, .qdq = MarkAll});
}

}  // namespace quantab
