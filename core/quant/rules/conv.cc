// Conv, ConvTranspose.
//   dynamic (Conv):  DynamicQuantizeLinear(x), w as integers -> ConvInteger -> Cast -> Mul by the
//                    scales; then Add of the bias, reshaped to [1, C, 1, ...]
//   QOperator (Conv):  QLinearConv, the bias as int32
//   QDQ:             x and the output as activations, w as a weight, the bias as int32
#include "core/quant/dynamic.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  if (!r.IsComplete(node, 2)) return false;
  const std::string& x = node.input(0);
  const std::string& w = node.input(1);
  const std::string bias = node.input_size() > 2 ? node.input(2) : "";
  const onnx::TensorProto* constant = r.Constant(w);
  if (!r.IsFloat(x) || !r.MakesFloat(node.output(0))) return false;
  if (constant == nullptr && !bias.empty()) return false;
  if (constant != nullptr && !r.IsQuantizableConstant(w)) return false;
  if (r.Constant(x) != nullptr && !r.IsQuantizableConstant(x)) return false;
  for (const std::string& input : {x, w}) {
    if (const QuantizedValue* known = r.Find(input); known != nullptr && known->axis) return false;
  }

  const QuantizedValue left = r.QuantizeActivation(x);
  const QuantizedValue right = r.QuantizeWeight(w, {});
  const std::string& output = node.output(0);
  const std::string name = node.name().empty() ? "" : node.name() + "_quant";
  const std::string integers = r.FreshValue(output + "_output_quantized");
  CopyAttributes(node, r.Add("ConvInteger",
                             {left.quantized, right.quantized, left.zero_point, right.zero_point},
                             {integers}, name));
  if (bias.empty()) {
    r.Rescale(integers, left, right, output, name, DType::kFloat);
    return true;
  }
  const std::string product = r.FreshValue(output + "quant_scaled_output");
  r.Rescale(integers, left, right, product, name, DType::kFloat);

  onnx::TensorProto shape;
  const int rank = constant->dims_size();
  shape.add_dims(rank);
  shape.set_data_type(onnx::TensorProto::INT64);
  for (int i = 0; i < rank; ++i) shape.add_int64_data(i == 1 ? -1 : 1);
  shape.set_name(r.FreshValue(output + "_bias_reshape_shape"));
  const std::string shape_name = r.AddInitializer(std::move(shape)).name();
  const std::string reshaped = r.FreshValue(output + "_bias_reshape_output");
  if (r.Constant(bias) == nullptr) r.Dequantize(bias);
  r.Add("Reshape", {bias, shape_name}, {reshaped}, "");
  r.Add("Add", {product, reshaped}, {output}, output + "_bias_add");
  return true;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string x = OptionalInput(node, 0);
  const std::string w = OptionalInput(node, 1);
  const std::string bias = OptionalInput(node, 2);
  QOperatorRewriter::WeightOptions weight;
  int64_t channels = 1;
  weight.axis = r.ChannelAxis(w, 0);
  if (weight.axis) {
    weight.type = DType::kInt8;  // whatever options().weight_type, as ONNX Runtime does
    channels = r.Constant(w)->dims(0);
  }
  if (!r.CanBeActivation(node, x) || !r.CanBeWeight(node, w, weight) ||
      !r.CanBeOutput(node, node.output(0)) ||
      (!bias.empty() && !r.CanBeBias(node, bias, channels))) {
    return false;
  }
  const QLinearValue y = r.Output(node.output(0));
  const QLinearValue left = r.Activation(x);
  const QLinearValue right = r.Weight(w, weight);
  std::vector<std::string> inputs = {left.quantized,  left.scale(),  left.zero_point(),
                                     right.quantized, right.scale(), right.zero_point(),
                                     y.scale(),       y.zero_point()};
  if (!bias.empty()) inputs.push_back(r.Bias(bias, left, right));
  r.Replace(node, "QLinearConv", inputs, {y.quantized}, "");
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  m.MarkActivation(NodeInput(node, 0));
  m.MarkOutputs(node);
  m.MarkWeight(NodeInput(node, 1), node.op_type() == "Conv" ? 0 : 1);
  m.MarkBias(node, 2, NodeInput(node, 0), NodeInput(node, 1));
}

}  // namespace

QUANTAB_REGISTER(rules, conv) {
  r.Add({.op_type = "Conv", .dynamic = Dynamic, .qoperator = QOperator, .qdq = Qdq});
  r.Add({.op_type = "ConvTranspose", .qdq = Qdq});
}

}  // namespace quantab
