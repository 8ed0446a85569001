// Weights and biases of the QOperator format. Their integers are computed last: a bias may enlarge
// the scale of a weight that others have read before.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/quant/naming.h"
#include "core/quant/overrides.h"
#include "core/quant/qoperator.h"

namespace quantab {
namespace {

template <class T>
BlobPtr MemoryBlobOf(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

}  // namespace

const onnx::TensorProto* QOperatorRewriter::KnownFloats(const std::string& value) const {
  const onnx::TensorProto* tensor = Constant(value);
  if (tensor == nullptr) {
    const onnx::NodeProto* producer = edit_.Producer(value);
    const onnx::AttributeProto* attribute = producer != nullptr && producer->op_type() == "Constant"
                                                ? FindAttribute(*producer, "value")
                                                : nullptr;
    if (attribute == nullptr || !attribute->has_t()) return nullptr;
    tensor = &attribute->t();
  }
  return TypeOf(*tensor) == DType::kFloat ? tensor : nullptr;
}

std::optional<float> QOperatorRewriter::KnownScalar(const std::string& value) const {
  const onnx::TensorProto* tensor = KnownFloats(value);
  if (tensor == nullptr || ElementCount(ShapeOf(*tensor)) != 1) return std::nullopt;
  float scalar = 0;
  BytesOf(edit_.model(), *tensor)->Read(0, std::as_writable_bytes(std::span(&scalar, 1)));
  return scalar;
}

std::optional<int64_t> QOperatorRewriter::ChannelAxis(const std::string& weight,
                                                      int64_t axis) const {
  const onnx::TensorProto* tensor = Constant(weight);
  if (!options().per_channel || tensor == nullptr || axis >= tensor->dims_size() ||
      ElementCount(ShapeOf(*tensor)) == 0) {
    return std::nullopt;
  }
  return axis;
}

const std::vector<RealRange>* QOperatorRewriter::Scan(const std::string& name,
                                                      std::optional<int64_t> axis) {
  const auto key = std::make_pair(name, axis.value_or(-1));
  auto found = scans_.find(key);
  if (found == scans_.end()) {
    const onnx::TensorProto& tensor = *Constant(name);
    auto ranges = ScanRanges(*BytesOf(edit_.model(), tensor), ShapeOf(tensor), axis);
    if (!ranges) {
      Warn(request_.monitor,
           "Tensor '" + name + "' has elements that are not finite; what reads it stays in float.");
    }
    found = scans_.emplace(key, std::move(ranges)).first;
  }
  return found->second ? &*found->second : nullptr;
}

QOperatorRewriter::ConstantForm* QOperatorRewriter::FindActivationForm(const std::string& name) {
  const auto forms = constants_.find(name);
  if (forms == constants_.end()) return nullptr;
  for (ConstantForm& form : forms->second) {
    const WeightParams& values = form.value.params->values;
    if (!values.axis && values.type == activation_type()) return &form;
  }
  return nullptr;
}

QOperatorRewriter::ConstantForm* QOperatorRewriter::FindWeightForm(const std::string& name,
                                                                   std::optional<int64_t> axis) {
  const auto forms = constants_.find(name);
  if (forms == constants_.end()) return nullptr;
  for (ConstantForm& form : forms->second) {
    const std::optional<int64_t> has = form.value.params->values.axis;
    if (!has || has == axis) return &form;
  }
  return nullptr;
}

bool QOperatorRewriter::CanBeWeight(const onnx::NodeProto& node, const std::string& value,
                                    const WeightOptions& weight) {
  if (value.empty() || Constant(value) == nullptr) return CanBeActivation(node, value);
  return IsFloat(value) &&
         (FindWeightForm(value, weight.axis) != nullptr || Scan(value, weight.axis) != nullptr);
}

QLinearValue QOperatorRewriter::Weight(const std::string& value, const WeightOptions& weight) {
  if (Constant(value) == nullptr) return Activation(value);
  if (const ConstantForm* known = FindWeightForm(value, weight.axis)) return known->value;
  ParamRules rules;
  rules.type = weight.type.value_or(DTypeOfQuantType(options().weight_type));
  rules.symmetric = options().weight_symmetric.value_or(rules.type == DType::kInt8);
  rules.reduce_range = options().reduce_range;
  const QLinearValue quantized = AddConstant(value, rules, weight.axis);
  quantized.params->final = false;
  return quantized;
}

Shape QOperatorRewriter::ParameterDims(const ConstantForm& form) const {
  if (!form.value.params->values.axis) return {};
  return {static_cast<int64_t>(form.value.params->values.params.size())};
}

void QOperatorRewriter::AddPlaceholder(const std::string& name, DType type, const Shape& dims) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.set_name(name);
  edit_.AddInitializer(std::move(tensor));
}

WeightParams QOperatorRewriter::ConstantParams(const std::string& name, ParamRules rules,
                                               std::optional<int64_t> axis) {
  const std::vector<RealRange>* ranges = Scan(name, axis);
  if (ranges == nullptr) ThrowInternal("Constant '" + name + "' cannot be quantized.");
  // An empty tensor has scale 1 whatever the smallest range.
  if (ElementCount(ShapeOf(*Constant(name))) != 0) {
    rules.min_real_range = options().minimum_real_range;
  }
  const auto* entries = FindOverrides(options().tensor_quant_overrides, name);
  if (entries == nullptr) return ComputeWeightParams(*ranges, axis, rules);
  if (entries->size() > 1 && entries->size() != ranges->size()) {
    Place place;
    place.tensor = name;
    ThrowInvalidArgument("'tensor_quant_overrides' have " + std::to_string(entries->size()) +
                             " entries for tensor '" + name + "', which has " +
                             std::to_string(ranges->size()) + " scales. Give one, or as many.",
                         place);
  }
  const QuantOverride& first = OverrideOfChannel(*entries, 0);
  if (first.quant_type) rules.type = DTypeOfQuantType(*first.quant_type);
  rules.symmetric = first.symmetric.value_or(rules.symmetric);
  rules.reduce_range = first.reduce_range.value_or(rules.reduce_range);
  WeightParams params;
  params.type = rules.type;
  params.axis = axis;
  for (size_t i = 0; i < ranges->size(); ++i) {
    const std::optional<QParams> own =
        ParamsFor((*ranges)[i], rules, OverrideOfChannel(*entries, i));
    if (!own) ThrowInternal("The overridden range of '" + name + "' is not finite.");
    params.params.push_back(*own);
  }
  return params;
}

QLinearValue QOperatorRewriter::AddConstant(const std::string& name, const ParamRules& rules,
                                            std::optional<int64_t> axis) {
  ConstantForm form{name, {edit_.FreshValue(QuantizedName(name)), {}}};
  form.value.params = std::make_shared<QLinearParams>();
  QLinearParams& params = *form.value.params;
  params.scale = edit_.FreshValue(ScaleName(name));
  params.zero_point = edit_.FreshValue(ZeroPointName(name));
  params.values = ConstantParams(name, rules, axis);
  std::vector<int32_t> zero_points;
  for (const QParams& p : params.values.params) zero_points.push_back(p.zero_point);

  AddPlaceholder(params.scale, DType::kFloat, ParameterDims(form));
  edit_.AddInitializer(
      IntParameter(params.zero_point, params.values.type, ParameterDims(form), zero_points));
  AddPlaceholder(form.value.quantized, params.values.type, ShapeOf(*Constant(name)));
  constants_[name].push_back(form);
  return form.value;
}

bool QOperatorRewriter::CanBeBias(const onnx::NodeProto& node, const std::string& value,
                                  int64_t channels) {
  const onnx::TensorProto* tensor = KnownFloats(value);
  if (tensor == nullptr) {
    WarnNode(node, "its bias '" + value + "' is not a constant.");
    return false;
  }
  return FitsChannels(value, channels);
}

bool QOperatorRewriter::FitsChannels(const std::string& bias, int64_t channels) const {
  const Shape shape = ShapeOf(*KnownFloats(bias));
  return channels == 1 || (!shape.empty() && shape.back() == channels);
}

std::string QOperatorRewriter::Bias(const std::string& value, const QLinearValue& input,
                                    const QLinearValue& weight, float factor) {
  std::vector<BiasForm>& forms = biases_[value];
  for (const BiasForm& form : forms) {
    if (form.input == input.params && form.weight == weight.params && form.factor == factor) {
      return form.quantized;
    }
  }
  const std::string name = edit_.FreshValue(QuantizedName(value));
  const BiasForm bias{value,
                      name,
                      edit_.FreshValue(ScaleName(name)),
                      edit_.FreshValue(ZeroPointName(name)),
                      input.params,
                      weight.params,
                      factor};
  EnlargeScale(bias);
  const auto channels = static_cast<int64_t>(weight.params->values.params.size());
  AddPlaceholder(bias.quantized, DType::kInt32, ShapeOf(*KnownFloats(value)));
  AddPlaceholder(bias.scale, DType::kFloat, {channels});
  AddPlaceholder(bias.zero_point, DType::kInt32, channels == 1 ? Shape{} : Shape{channels});
  forms.push_back(bias);
  return name;
}

std::vector<float> QOperatorRewriter::LoadBias(const BiasForm& bias) const {
  const std::vector<std::byte> bytes = LoadBlob(*BytesOf(edit_.model(), *KnownFloats(bias.source)));
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

void QOperatorRewriter::EnlargeScale(const BiasForm& bias) {
  if (bias.weight->final) return;
  std::vector<QParams>& params = bias.weight->values.params;
  const bool per_channel = bias.weight->values.axis.has_value();
  std::vector<float> largest(params.size(), 0.0f);
  const std::vector<float> values = LoadBias(bias);
  for (size_t i = 0; i < values.size(); ++i) {
    float& channel = largest[i % largest.size()];
    channel = std::max(channel, std::fabs(values[i] / bias.factor));
  }
  bool enlarged = false;
  for (size_t i = 0; i < params.size(); ++i) {
    const float scale = WeightScaleForBias(bias.input->values.params[0].scale, params[i].scale,
                                           largest[i], per_channel);
    if (!std::isfinite(scale)) continue;
    enlarged |= scale != params[i].scale;
    params[i].scale = scale;
  }
  if (!enlarged) return;
  // The changed initializers come after the others.
  for (const auto& [name, forms] : constants_) {
    for (const ConstantForm& form : forms) {
      if (form.value.params != bias.weight) continue;
      edit_.RemoveInitializer(form.value.scale());
      edit_.RemoveInitializer(form.value.quantized);
      AddPlaceholder(form.value.scale(), DType::kFloat, ParameterDims(form));
      AddPlaceholder(form.value.quantized, form.value.params->values.type,
                     ShapeOf(*Constant(form.source)));
    }
  }
}

void QOperatorRewriter::FillConstants() {
  for (const auto& [name, forms] : constants_) {
    for (const ConstantForm& form : forms) {
      const WeightParams& values = form.value.params->values;
      std::vector<float> scales;
      for (const QParams& p : values.params) scales.push_back(p.scale);
      *edit_.Initializer(form.value.scale()) =
          FloatParameter(form.value.scale(), ParameterDims(form), scales);
      const onnx::TensorProto& source = *Constant(form.source);
      SetBytes(edit_.model(), *edit_.Initializer(form.value.quantized),
               QuantizedBlob(BytesOf(edit_.model(), source), ShapeOf(source), values));
    }
  }
  for (const auto& [name, forms] : biases_) {
    for (const BiasForm& form : forms) FillBias(form);
  }
}

void QOperatorRewriter::FillBias(const BiasForm& bias) {
  std::vector<float> scales;
  for (const QParams& p : bias.weight->values.params) {
    scales.push_back(bias.input->values.params[0].scale * p.scale * bias.factor);
  }
  const std::vector<float> values = LoadBias(bias);
  std::vector<int32_t> integers(values.size());
  bool clipped = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const double scale = scales[i % scales.size()];
    integers[i] = quantab::QuantizeBias(values[i], scale);
    clipped |= std::fabs(static_cast<double>(values[i])) > std::fabs(scale) * 2147483648.0;
  }
  if (clipped) {
    Warn(request_.monitor, "Bias '" + bias.source + "' does not fit in int32 and was cut off.");
  }
  SetBytes(edit_.model(), *edit_.Initializer(bias.quantized), MemoryBlobOf(integers));
  SetBytes(edit_.model(), *edit_.Initializer(bias.scale), MemoryBlobOf(scales));
  SetBytes(edit_.model(), *edit_.Initializer(bias.zero_point),
           MemoryBlobOf(std::vector<int32_t>(scales.size(), 0)));
}

}  // namespace quantab
