// QDQ quantization of biases: int32 with the product of the scales they are added to; float, in
// float8 models.
#include <algorithm>
#include <cmath>

#include "core/quant/naming.h"
#include "core/quant/qdq_quantizer.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

template <class T>
BlobPtr BlobOf(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

BlobPtr BlobOfReals(const std::vector<float>& values, DType real) {
  if (real != DType::kFloat16) return BlobOf(values);
  std::vector<uint16_t> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(),
                 [](float value) { return FloatToHalf(value); });
  return BlobOf(halves);
}

// Whether `bias` can have scale i % channels in its element i: all its elements lie along its last
// axis.
bool FitsChannels(const onnx::TensorProto& bias, size_t channels) {
  const Shape shape = ShapeOf(bias);
  if (shape.empty()) return channels == 1;
  const int64_t last = shape.back();
  return channels > 0 && ElementCount(shape) == last && last % static_cast<int64_t>(channels) == 0;
}

}  // namespace

// Enlarges weight scales with which a bias would not fit in int32.
void QdqQuantizer::EnlargeScalesForBiases() {
  for (const std::string& name : marker_.bias_order()) {
    const BiasMark& bias = marker_.biases().at(name);
    const auto weight = constants_.find(bias.weight);
    if (!marker_.marks().Contains(bias.input) || weight == constants_.end() ||
        weight->second.block_size > 0) {
      continue;
    }
    std::optional<TypedParams> input = ActivationParams(bias.input);
    const ConvertOverride* convert = ConversionOf(bias.input);
    if (convert != nullptr && ConvertedParams(bias.input)) {
      const auto& readers = convert->recv_nodes;
      const bool converted = readers.empty() || std::find(readers.begin(), readers.end(),
                                                          bias.node->name()) != readers.end();
      if (converted) input = ConvertedParams(bias.input);
    }
    if (input) {
      EnlargeScales(*edit_.Initializer(name), bias, input->params.scale, weight->second);
    }
  }
}

void QdqQuantizer::EnlargeScales(const onnx::TensorProto& bias, const BiasMark& mark,
                                 float input_scale, WeightParams& weight) {
  std::vector<QParams>& params = weight.params;
  if ((weight.type != DType::kInt8 && weight.type != DType::kInt16) ||
      std::any_of(params.begin(), params.end(), [](QParams p) { return p.zero_point != 0; })) {
    return;
  }
  const bool per_channel = weight.axis.has_value();
  if (params.empty() || (per_channel && !FitsChannels(bias, params.size()))) return;

  std::vector<float> largest(params.size(), 0.0f);
  const std::vector<float> values = LoadReals(bias);
  for (size_t i = 0; i < values.size(); ++i) {
    float& channel = largest[i % largest.size()];
    channel = std::max(channel, std::fabs(values[i] * mark.beta));
  }
  for (size_t i = 0; i < params.size(); ++i) {
    params[i].scale =
        WeightScaleForBias(input_scale, params[i].scale, largest[i], per_channel, weight.real);
  }
}

void QdqQuantizer::QuantizeBiases() {
  for (const std::string& name : marker_.bias_order()) {
    // One that is quantized elsewhere is so here as well.
    if (!quantized_.contains(name)) QuantizeBias(name, marker_.biases().at(name));
  }
}

void QdqQuantizer::QuantizeBias(const std::string& name, const BiasMark& mark) {
  const onnx::TensorProto tensor = *edit_.Initializer(name);
  if (options().weight_type == QuantType::kQFloat8E4M3FN) {
    CastBias(tensor);
    return;
  }
  const std::optional<Parameters> input = ParametersOf(mark.input, mark.node);
  const std::optional<Parameters> weight = ParametersOf(mark.weight, mark.node);
  const size_t count = static_cast<size_t>(ElementCount(ShapeOf(tensor)));
  const bool known = input && weight && input->scales.size() == 1;
  if (!known || (weight->scales.size() != 1 && !FitsChannels(tensor, weight->scales.size())) ||
      (weight->blocked && weight->scales.size() != count)) {
    Warn(request_.monitor, "Bias '" + name + "' stays in float: its scale, the product of '" +
                               mark.input + "' and '" + mark.weight + "', is not known.");
    return;
  }
  const DType real = TypeOf(tensor);
  std::vector<float> scales(weight->scales.size() == 1 ? 1 : count);
  for (size_t i = 0; i < scales.size(); ++i) {
    scales[i] = RoundToReal(input->scales[0] * weight->scales[i % weight->scales.size()], real);
  }
  if (!std::all_of(scales.begin(), scales.end(),
                   [](float scale) { return scale > 0 && std::isfinite(scale); })) {
    Warn(request_.monitor, "Bias '" + name + "' stays in float: its scale, the product of '" +
                               mark.input + "' and '" + mark.weight + "', is no number of type " +
                               std::string(NameOf(real)) + ".");
    return;
  }
  QuantizeBiasTensor(tensor, mark, scales);
}

void QdqQuantizer::QuantizeBiasTensor(const onnx::TensorProto& tensor, const BiasMark& mark,
                                      const std::vector<float>& scales) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it outlives the initializer.
  const std::string name = tensor.name();
  const std::vector<float> values = LoadReals(tensor);
  std::vector<int32_t> integers(values.size());
  bool clipped = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = static_cast<double>(values[i]) * static_cast<double>(mark.beta);
    const double scale = scales[i % scales.size()];
    integers[i] = quantab::QuantizeBias(value, scale);
    clipped |= std::fabs(value) > scale * 2147483648.0;
  }
  if (clipped) {
    Warn(request_.monitor, "Bias '" + name + "' does not fit in int32 and was cut off.");
  }

  const std::string quantized = edit_.FreshValue(QuantizedName(name));
  Parameters parameters;
  parameters.scale = edit_.FreshValue(ScaleName(quantized));
  parameters.zero_point = edit_.FreshValue(ZeroPointName(quantized));
  const bool per_channel = scales.size() > 1;
  const Shape dims = {static_cast<int64_t>(scales.size())};
  const DType real = TypeOf(tensor);
  edit_.AddWeight(quantized, DType::kInt32, ShapeOf(tensor), BlobOf(integers));
  edit_.AddWeight(parameters.scale, real, dims, BlobOfReals(scales, real));
  const std::vector<int32_t> zeros(scales.size(), 0);
  if (per_channel) {
    edit_.AddWeight(parameters.zero_point, DType::kInt32, dims, BlobOf(zeros));
  } else {
    edit_.AddInitializer(IntParameter(parameters.zero_point, DType::kInt32, {}, zeros));
  }
  edit_.RemoveInitializer(name);
  WeightParams along;
  if (per_channel) along.axis = tensor.dims_size() - 1;
  AddDequantize(quantized, name, DequantizeNodeName(name), parameters, &along);
  if (mark.beta != 1) {
    for (auto& attribute : *mark.node->mutable_attribute()) {
      if (attribute.name() == "beta") attribute.set_f(1);
    }
  }
}

// Operators on float8 add a float bias; the Cast is where ONNX Runtime's tools look for it.
void QdqQuantizer::CastBias(const onnx::TensorProto& tensor) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it outlives the initializer.
  const std::string name = tensor.name();
  const std::string quantized = edit_.FreshValue(QuantizedName(name));
  edit_.AddWeight(quantized, DType::kFloat, ShapeOf(tensor), BlobOf(LoadReals(tensor)));
  edit_.AddWeight(edit_.FreshValue(ScaleName(quantized)), DType::kFloat, {1},
                  BlobOf(std::vector<float>{1}));
  edit_.AddInitializer(IntParameter(edit_.FreshValue(ZeroPointName(quantized)),
                                    DType::kFloat8E4M3FN, {1}, std::vector<int32_t>{0}));
  edit_.RemoveInitializer(name);
  onnx::NodeProto& node = edit_.AddNode("Cast", {quantized}, {name}, DequantizeNodeName(name));
  SetIntAttribute(node, "to", static_cast<int64_t>(TypeOf(tensor)));
}

}  // namespace quantab
