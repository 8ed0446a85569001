// QDQ quantization of constants: scales from their elements, integers as streams.
#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/quant/deviation.h"
#include "core/quant/naming.h"
#include "core/quant/qdq_quantizer.h"

namespace quantab {
namespace {

// Scale and zero point that an override gives.
QParams ParamsOf(const QuantOverride& given, const std::string& name, const ParamRules& rules) {
  QRange range;
  if (rules.type != DType::kFloat8E4M3FN) range = QRangeOf(rules.type, false, false);
  if (*given.zero_point < range.min || *given.zero_point > range.max) {
    ThrowInvalidArgument("'tensor_quant_overrides' of '" + name + "': 'zero_point' " +
                         std::to_string(*given.zero_point) + " is not one of " +
                         std::string(NameOf(rules.type)) + ", the type it is quantized to.");
  }
  return {RoundToReal(*given.scale, rules.real), static_cast<int32_t>(*given.zero_point)};
}

float Largest(const RealRange& range) { return std::max(std::fabs(range.min), range.max); }

}  // namespace

void QdqQuantizer::ComputeConstants() {
  if (options().block_size > 0 && InfoOf(options().weight_type).bits == 8) {
    Warn(request_.monitor,
         "ONNX Runtime's optimizer takes matrices with blocks of 8 bits for ones without, and then "
         "fails. Choose 4 or 16 bits, or run the result without graph optimizations.");
  }
  for (const std::string& name : marker_.marks().Names()) {
    if (marker_.IsConstant(name)) {
      constants_[name] = ComputeConstant(name, *marker_.marks().Find(name));
    }
  }
}

// How a constant's parameters are computed from its ranges.
ParamRules QdqQuantizer::RulesOf(const std::string& name, const QdqMark& mark) const {
  const bool weight = mark.kind == QdqMark::Kind::kWeight;
  const std::vector<TensorQuantOverride>* overrides = marker_.Overrides(name);
  const TensorQuantOverride given = overrides == nullptr ? TensorQuantOverride{} : (*overrides)[0];
  ParamRules rules;
  rules.type = DTypeOfQuantType(
      given.quant_type.value_or(weight ? options().weight_type : options().activation_type));
  rules.real = marker_.RealOf(name);
  const bool is_signed =
      rules.type != DType::kUint4 && rules.type != DType::kUint8 && rules.type != DType::kUint16;
  // Quantized operators want one zero point for all channels, which symmetry ensures.
  const bool symmetric =
      mark.axis.has_value() ||
      (weight ? options().weight_symmetric.value_or(is_signed) : options().activation_symmetric);
  rules.symmetric = given.symmetric.value_or(symmetric);
  rules.reduce_range = given.reduce_range.value_or(options().reduce_range);
  rules.min_real_range = options().minimum_real_range;
  return rules;
}

WeightParams QdqQuantizer::ComputeConstant(const std::string& name, const QdqMark& mark) {
  const ParamRules rules = RulesOf(name, mark);
  const onnx::TensorProto& tensor = *edit_.Initializer(name);
  const Shape shape = ShapeOf(tensor);
  std::optional<int64_t> axis = mark.axis;
  int64_t block_size = mark.kind == QdqMark::Kind::kWeight ? options().block_size : 0;
  const std::vector<TensorQuantOverride>* overrides = marker_.Overrides(name);
  if (overrides != nullptr && (*overrides)[0].scale) block_size = 0;
  if (block_size > 0 && shape.size() != 2) {
    Warn(request_.monitor, "Weight '" + name +
                               "' has no blocks: they are for matrices, and it has " +
                               std::to_string(shape.size()) + " dimensions.");
    block_size = 0;
  }
  if (block_size > 0) axis = axis.value_or(0);

  const std::vector<RealRange>* scanned = marker_.Scan(name, axis, block_size);
  if (scanned == nullptr) ThrowInternal("Constant '" + name + "' cannot be quantized.");
  std::vector<RealRange> ranges = *scanned;
  if (overrides != nullptr && block_size == 0) {
    for (size_t i = 0; i < ranges.size(); ++i) {
      const QuantOverride& given = OverrideOfChannel(*overrides, i);
      if (given.rmin) ranges[i].min = RoundToReal(*given.rmin, rules.real);
      if (given.rmax) ranges[i].max = RoundToReal(*given.rmax, rules.real);
    }
  }
  WeightParams params{rules.type, axis, {}, block_size, rules.real};
  if (overrides != nullptr && (*overrides)[0].scale) {
    for (size_t i = 0; i < ranges.size(); ++i) {
      params.params.push_back(ParamsOf(OverrideOfChannel(*overrides, i), name, rules));
    }
  } else if (rules.type == DType::kFloat8E4M3FN) {
    const std::vector<float> deviations =
        ScanDeviations(*BytesOf(model_, tensor), shape, axis, rules.real);
    for (size_t i = 0; i < ranges.size(); ++i) {
      params.params.push_back(ComputeFloat8Params(deviations[i], Largest(ranges[i]), rules.real));
    }
  } else if (ElementCount(shape) == 0) {
    params.params.resize(ranges.size());
  } else {
    params = ComputeWeightParams(ranges, axis, rules, block_size);
  }
  return params;
}

void QdqQuantizer::InsertForConstant(const std::string& name) {
  const WeightParams& params = constants_.at(name);
  const onnx::TensorProto tensor = *edit_.Initializer(name);
  const Shape shape = ShapeOf(tensor);
  Shape dims;
  if (params.block_size > 0) {
    dims = shape;
    int64_t& length = dims[static_cast<size_t>(*params.axis)];
    length = length / params.block_size + (length % params.block_size != 0 ? 1 : 0);
  } else if (params.axis) {
    dims = {shape[static_cast<size_t>(*params.axis)]};
  }
  Parameters parameters = AddParameters(name, "", params.type, params.real, dims, params.params);
  parameters.blocked = params.block_size > 0;

  const std::string output = edit_.FreshValue(DequantizeOutputName(name));
  edit_.ReplaceInputs(name, output, excluded_);
  std::string quantized;
  if (options().add_qdq_pair_to_weight) {
    quantized = edit_.FreshValue(QuantizeOutputName(name));
    AddQuantize(name, quantized, QuantizeNodeName(name), parameters, &params);
  } else {
    quantized = edit_.FreshValue(QuantizedName(name));
    edit_.AddWeight(quantized, params.type, shape,
                    QuantizedBlob(BytesOf(model_, tensor), shape, params));
  }
  AddDequantize(quantized, output, DequantizeNodeName(name), parameters, &params);
  quantized_[name] = {.original = std::move(parameters)};
}

}  // namespace quantab
