// The constants of a dynamic quantization, and the values it quantizes while the model runs.
#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/quant/dynamic.h"
#include "core/quant/naming.h"

namespace quantab {

DynamicRewriter::Source DynamicRewriter::SourceOf(const onnx::TensorProto& tensor) const {
  BlobPtr bytes = BytesOf(model_, tensor);
  if (const auto found = facts_.transposed.find(bytes.get()); found != facts_.transposed.end()) {
    return {found->second.bytes, found->second.shape, true};
  }
  return {std::move(bytes), ShapeOf(tensor), false};
}

const std::vector<RealRange>* DynamicRewriter::Scan(const std::string& name,
                                                    std::optional<int64_t> axis) {
  auto& scans = OwnerOf(name).scans;
  const auto key = std::make_pair(name, axis.value_or(-1));
  auto found = scans.find(key);
  if (found == scans.end()) {
    const Source source = SourceOf(*Constant(name));
    if (axis && source.transposed) axis = 1 - *axis;
    found = scans.emplace(key, ScanRanges(*source.bytes, source.shape, axis)).first;
    if (!found->second) {
      Warn(request_.monitor,
           "Tensor '" + name + "' has elements that are not finite; what reads it stays in float.");
    }
  }
  return found->second ? &*found->second : nullptr;
}

bool DynamicRewriter::IsQuantizableConstant(const std::string& name, std::optional<int64_t> axis) {
  const onnx::TensorProto* tensor = Constant(name);
  return tensor != nullptr && TypeOf(*tensor) == DType::kFloat &&
         (Find(name) != nullptr || Scan(name, axis) != nullptr);
}

ParamRules DynamicRewriter::WeightRules(DType type) const {
  ParamRules rules{.type = type};
  rules.symmetric = options().weight_symmetric.value_or(type == DType::kInt8);
  rules.min_real_range = options().minimum_real_range;
  return rules;
}

void DynamicRewriter::AddWeight(DynamicScope& scope, const std::string& name, DType type,
                                const Shape& dims, BlobPtr bytes) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.set_name(name);
  SetBytes(model_, tensor, std::move(bytes));
  scope.AddInitializer(std::move(tensor));
}

QuantizedValue DynamicRewriter::AddParameters(DynamicScope& scope, const std::string& name,
                                              const WeightParams& params, const Shape& dims) {
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  for (const QParams& p : params.params) {
    scales.push_back(p.scale);
    zero_points.push_back(p.zero_point);
  }
  QuantizedValue value{.quantized = scope.FreshValue(QuantizedName(name)),
                       .scale = scope.FreshValue(ScaleName(name)),
                       .zero_point = scope.FreshValue(ZeroPointName(name)),
                       .axis = params.axis};
  scope.AddInitializer(FloatParameter(value.scale, dims, scales));
  scope.AddInitializer(IntParameter(value.zero_point, params.type, dims, zero_points));
  return value;
}

QuantizedValue DynamicRewriter::QuantizeConstant(const std::string& name, const ParamRules& rules,
                                                 std::optional<int64_t> axis) {
  const std::vector<RealRange>* ranges = Scan(name, axis);
  if (ranges == nullptr) ThrowInternal("Constant '" + name + "' cannot be quantized.");
  const onnx::TensorProto& tensor = *Constant(name);
  DynamicScope& owner = OwnerOf(name);
  const Shape shape = ShapeOf(tensor);
  const Source source = SourceOf(tensor);
  WeightParams params = ComputeWeightParams(*ranges, axis, rules);

  const QuantizedValue value =
      AddParameters(owner, name, params, axis ? Shape{shape[static_cast<size_t>(*axis)]} : Shape{});
  if (source.transposed && params.axis) params.axis = 1 - *params.axis;
  BlobPtr integers = QuantizedBlob(source.bytes, source.shape, std::move(params));
  if (source.transposed) {
    integers = TransposedBlob(std::move(integers), 1, source.shape[0], source.shape[1], 1);
  }
  AddWeight(owner, value.quantized, rules.type, shape, std::move(integers));
  owner.quantized[name] = value;
  return value;
}

QuantizedValue DynamicRewriter::QuantizeActivation(const std::string& value) {
  if (const QuantizedValue* known = Find(value)) return *known;
  if (Constant(value) != nullptr) {
    // Symmetry follows the type: where both are the same, the weights' rule holds.
    ParamRules rules = WeightRules(DTypeOfQuantType(options().activation_type));
    if (options().activation_type != options().weight_type) {
      rules.symmetric = options().activation_symmetric;
    }
    return QuantizeConstant(value, rules, std::nullopt);
  }
  DynamicScope& owner = OwnerOf(value);
  const QuantizedValue quantized{.quantized = owner.FreshValue(QuantizedName(value)),
                                 .scale = owner.FreshValue(ScaleName(value)),
                                 .zero_point = owner.FreshValue(ZeroPointName(value)),
                                 .axis = {}};
  owner.AddNode("DynamicQuantizeLinear", {value},
                {quantized.quantized, quantized.scale, quantized.zero_point},
                QuantizeNodeName(value));
  owner.quantized[value] = quantized;
  return quantized;
}

QuantizedValue DynamicRewriter::QuantizeWeight(const std::string& value,
                                               const WeightOptions& weight) {
  if (const QuantizedValue* known = Find(value)) return *known;
  if (Constant(value) == nullptr) return QuantizeActivation(value);
  ParamRules rules = WeightRules(weight.type.value_or(DTypeOfQuantType(options().weight_type)));
  rules.reduce_range = options().reduce_range && weight.reduce_range;
  return QuantizeConstant(value, rules, weight.axis);
}

std::vector<QuantizedValue> DynamicRewriter::QuantizeTransposed(
    const std::vector<std::string>& names) {
  std::vector<QuantizedValue> values;
  std::vector<std::function<void()>> add_weights;  // after the parameters of all
  for (const std::string& name : names) {
    DynamicScope& owner = OwnerOf(name);
    const auto [known, is_new] = owner.recurrent.emplace(name, QuantizedValue());
    if (is_new) {
      const onnx::TensorProto& tensor = *Constant(name);
      const Shape shape = ShapeOf(tensor);
      const BlobPtr source = BytesOf(model_, tensor);
      const Shape rows = options().per_channel ? Shape{shape[0] * shape[1], shape[2]} : shape;
      const Shape dims = options().per_channel ? Shape{shape[0], shape[1]} : Shape{shape[0]};
      ParamRules rules = WeightRules(DType::kInt8);
      rules.reduce_range = options().reduce_range;
      const auto ranges = ScanRanges(*source, rows, 0);
      if (!ranges) ThrowInternal("Constant '" + name + "' cannot be quantized.");
      WeightParams params = ComputeWeightParams(*ranges, 0, rules);
      const QuantizedValue value = AddParameters(owner, name, params, dims);
      known->second = value;
      BlobPtr integers = TransposedBlob(QuantizedBlob(source, rows, std::move(params)), shape[0],
                                        shape[1], shape[2], 1);
      add_weights.push_back([this, &owner, value, shape, integers = std::move(integers)] {
        AddWeight(owner, value.quantized, DType::kInt8, {shape[0], shape[2], shape[1]}, integers);
      });
    }
    values.push_back(known->second);
  }
  for (const auto& add : add_weights) add();
  return values;
}

}  // namespace quantab
