// EmbedLayerNormalization (com.microsoft).
//   dynamic:  com.microsoft QEmbedLayerNormalization, its tables and parameters as integers of the
//             activations' type
//   QOperator:  the same
//   QDQ:      the general rule
#include "core/quant/dynamic.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

constexpr int kFirst = 2;  // word, position and segment embedding, gamma, beta
constexpr int kLast = 6;

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  const auto input = [&](int i) { return i < node.input_size() ? node.input(i) : std::string(); };
  // The quantized operator has no third output, the sum of embeddings, and no position ids.
  if (node.output_size() > 2 || !input(8).empty()) return false;
  for (int i = kFirst; i <= kLast; ++i) {
    if (input(i).empty()) continue;
    if (r.Constant(input(i)) != nullptr ? !r.IsQuantizableConstant(input(i))
                                        : !r.IsFloat(input(i))) {
      return false;
    }
    if (const QuantizedValue* known = r.Find(input(i)); known != nullptr && known->axis) {
      return false;
    }
  }
  std::vector<std::string> inputs = {input(0), input(1)};
  std::vector<std::string> scales;
  std::vector<std::string> zero_points;
  for (int i = kFirst; i <= kLast; ++i) {
    const QuantizedValue value =
        input(i).empty() ? QuantizedValue{} : r.QuantizeActivation(input(i));
    inputs.push_back(value.quantized);
    scales.push_back(value.scale);
    zero_points.push_back(value.zero_point);
  }
  inputs.push_back(input(7));
  inputs.insert(inputs.end(), scales.begin(), scales.end());
  inputs.insert(inputs.end(), zero_points.begin(), zero_points.end());
  CopyAttributes(
      node, r.Add("QEmbedLayerNormalization", inputs, {node.output().begin(), node.output().end()},
                  node.name().empty() ? "" : node.name() + "_quant", "com.microsoft"));
  return true;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  if (node.output_size() > 2 || !OptionalInput(node, 8).empty()) return false;
  for (int i = kFirst; i <= kLast; ++i) {
    if (!OptionalInput(node, i).empty() && !r.CanBeActivation(node, OptionalInput(node, i)))
      return false;
  }
  std::vector<std::string> inputs = {OptionalInput(node, 0), OptionalInput(node, 1)};
  std::vector<std::string> scales;
  std::vector<std::string> zero_points;
  for (int i = kFirst; i <= kLast; ++i) {
    const std::string input = OptionalInput(node, i);
    const QLinearValue value = input.empty() ? QLinearValue{} : r.Activation(input);
    inputs.push_back(value.quantized);
    scales.push_back(input.empty() ? "" : value.scale());
    zero_points.push_back(input.empty() ? "" : value.zero_point());
  }
  inputs.push_back(OptionalInput(node, 7));
  inputs.insert(inputs.end(), scales.begin(), scales.end());
  inputs.insert(inputs.end(), zero_points.begin(), zero_points.end());
  r.Replace(node, "QEmbedLayerNormalization", inputs, {node.output().begin(), node.output().end()},
            "com.microsoft");
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, embed_layer_normalization) {
  r.Add({.op_type = "EmbedLayerNormalization",
         .domain = "com.microsoft",
         .dynamic = Dynamic,
         .qoperator = QOperator,
         .qdq = MarkAll});
}

}  // namespace quantab
