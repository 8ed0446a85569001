// Split.
//   QOperator:  on integers, each output with the input's parameters
//   QDQ:  the input as an activation, each output like it
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  if (!r.CanBeActivation(node, node.input(0))) return false;
  const QLinearValue x = r.Activation(node.input(0));
  std::vector<std::string> inputs(node.input().begin(), node.input().end());
  inputs[0] = x.quantized;
  std::vector<std::string> outputs;
  for (const std::string& output : node.output()) {
    outputs.push_back(output.empty() ? "" : r.FreshValue(output + "quantized"));
    if (!output.empty()) r.SetQuantized(output, {outputs.back(), x.params});
  }
  r.Replace(node, "Split", inputs, outputs, "");
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const std::string& input = NodeInput(node, 0);
  if (!m.IsMarked(input)) m.MarkActivation(input);
  if (m.KeepsOutput(node)) return;
  for (const std::string& output : node.output()) m.MarkSameAs(output, input, node);
}

}  // namespace

QUANTAB_REGISTER(rules, split) { r.Add({.op_type = "Split", .qoperator = QOperator, .qdq = Qdq}); }

}  // namespace quantab
