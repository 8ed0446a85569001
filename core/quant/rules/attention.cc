// Attention (com.microsoft).
//   dynamic:  com.microsoft QAttention on integers of the input and the weights
#include "core/quant/dynamic.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  const auto input = [&](int i) { return i < node.input_size() ? node.input(i) : std::string(); };
  // What QAttention lacks: heads of different sizes, additive bias, past of another form.
  if (FindAttribute(node, "qkv_hidden_sizes") != nullptr || node.input_size() < 3) return false;
  for (int i = 5; i < node.input_size(); ++i) {
    if (!node.input(i).empty()) return false;
  }
  const DType type = r.TypeOfValue(input(0));
  if (type != DType::kFloat && type != DType::kUndefined) return false;
  const onnx::TensorProto* constant = r.Constant(input(1));
  DynamicRewriter::WeightOptions weight;
  if (r.options().per_channel && constant != nullptr && constant->dims_size() == 2) {
    weight.axis = 1;
  }
  if (constant != nullptr && !r.IsQuantizableConstant(input(1), weight.axis)) return false;
  if (r.Constant(input(0)) != nullptr && !r.IsQuantizableConstant(input(0))) return false;

  const QuantizedValue x = r.QuantizeActivation(input(0));
  const QuantizedValue w = r.QuantizeWeight(input(1), weight);
  for (int i : {2, 3, 4}) {
    if (r.Constant(input(i)) == nullptr) r.Dequantize(input(i));
  }
  CopyAttributes(node, r.Add("QAttention",
                             {x.quantized, w.quantized, input(2), x.scale, w.scale, input(3),
                              x.zero_point, w.zero_point, input(4)},
                             {node.output().begin(), node.output().end()},
                             node.name().empty() ? "" : node.name() + "_quant", "com.microsoft"));
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, attention) {
  r.Add({.op_type = "Attention", .domain = "com.microsoft", .dynamic = Dynamic});
}

}  // namespace quantab
