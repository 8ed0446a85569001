// LSTM.
//   dynamic:  com.microsoft DynamicQuantizeLSTM, with W and R as int8 [directions, inputs, 4 *
//   hidden]
//             and one scale per direction, or per row of the original with per_channel
#include "core/quant/dynamic.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  if (node.input_size() < 3 || !r.IsFloat(node.input(0))) return false;
  // The quantized operator knows only the layout with the sequence first.
  if (IntAttribute(node, "layout", 0) != 0) return false;
  for (int i = 1; i <= 2; ++i) {
    const onnx::TensorProto* weight = r.Constant(node.input(i));
    if (weight == nullptr || weight->dims_size() != 3 || !r.IsQuantizableConstant(node.input(i))) {
      return false;
    }
  }
  const std::vector<QuantizedValue> weights = r.QuantizeTransposed({node.input(1), node.input(2)});
  const QuantizedValue& w = weights[0];
  const QuantizedValue& recurrent = weights[1];
  std::vector<std::string> inputs = {node.input(0), w.quantized, recurrent.quantized};
  for (int i = 3; i < 8; ++i) inputs.push_back(i < node.input_size() ? node.input(i) : "");
  inputs.insert(inputs.end(), {w.scale, w.zero_point, recurrent.scale, recurrent.zero_point});
  for (int i = 3; i < 8; ++i) {
    if (r.Constant(inputs[static_cast<size_t>(i)]) == nullptr) {
      r.Dequantize(inputs[static_cast<size_t>(i)]);
    }
  }
  CopyAttributes(node,
                 r.Add("DynamicQuantizeLSTM", inputs, {node.output().begin(), node.output().end()},
                       node.name().empty() ? "" : node.name() + "_quant", "com.microsoft"),
                 {"layout"});
  r.Dequantize(node.input(0));
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, lstm) { r.Add({.op_type = "LSTM", .dynamic = Dynamic}); }

}  // namespace quantab
