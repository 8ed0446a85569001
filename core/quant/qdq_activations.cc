// QDQ quantization of activations: parameters from ranges and overrides, and the pairs of
// QuantizeLinear and DequantizeLinear.
#include <algorithm>
#include <cmath>

#include "core/quant/naming.h"
#include "core/quant/qdq_quantizer.h"

namespace quantab {

const ConvertOverride* QdqQuantizer::ConversionOf(const std::string& name) const {
  const std::vector<TensorQuantOverride>* overrides = marker_.Overrides(name);
  if (overrides == nullptr || !(*overrides)[0].convert) return nullptr;
  return &*(*overrides)[0].convert;
}

std::optional<QdqQuantizer::TypedParams> QdqQuantizer::ActivationParams(
    const std::string& name) const {
  const std::vector<TensorQuantOverride>* overrides = marker_.Overrides(name);
  return overrides == nullptr ? ParamsBy({}, name) : ParamsBy((*overrides)[0], name);
}

std::optional<QdqQuantizer::TypedParams> QdqQuantizer::ConvertedParams(
    const std::string& name) const {
  return ParamsBy(*ConversionOf(name), name);
}

std::optional<QdqQuantizer::TypedParams> QdqQuantizer::ParamsBy(const QuantOverride& given,
                                                                const std::string& name) const {
  ParamRules rules;
  rules.type = DTypeOfQuantType(given.quant_type.value_or(options().activation_type));
  rules.symmetric = given.symmetric.value_or(options().activation_symmetric);
  rules.restricted = options().activation_restricted_asymmetric;
  rules.min_real_range = options().minimum_real_range;
  rules.real = marker_.RealOf(name);
  if (given.scale && given.zero_point) {
    return TypedParams{
        rules.type,
        {RoundToReal(*given.scale, rules.real), static_cast<int32_t>(*given.zero_point)}};
  }
  const auto found = ranges_.ranges.find(name);
  const bool known = found != ranges_.ranges.end();
  if (!known && !(given.rmin && given.rmax)) return std::nullopt;
  const TensorRange range = known ? found->second : TensorRange{};
  float rmin = given.rmin ? static_cast<float>(*given.rmin) : range.min;
  float rmax = given.rmax ? static_cast<float>(*given.rmax) : range.max;
  // What float16 cannot hold is none of its values.
  rmin = RoundToReal(rmin, rules.real);
  rmax = RoundToReal(rmax, rules.real);
  if (!std::isfinite(rmin) || !std::isfinite(rmax)) return std::nullopt;
  if (rules.type != DType::kFloat8E4M3FN) {
    return TypedParams{rules.type, ComputeParams(rmin, rmax, rules)};
  }
  if (!range.moments) return std::nullopt;
  const float deviation = RoundToReal(range.moments->deviation, rules.real);
  const float largest = std::max(std::fabs(rmin), std::fabs(rmax));
  if (!std::isfinite(deviation)) return std::nullopt;
  return TypedParams{rules.type, ComputeFloat8Params(deviation, largest, rules.real)};
}

void QdqQuantizer::InsertForActivation(const std::string& name) {
  const std::optional<TypedParams> params = ActivationParams(name);
  if (!params) {
    const auto range = ranges_.ranges.find(name);
    const bool float8 = options().activation_type == QuantType::kQFloat8E4M3FN;
    const char* cause = range == ranges_.ranges.end()      ? "calibrated range"
                        : float8 && !range->second.moments ? "calibrated standard deviation"
                                                           : "finite range";
    Warn(request_.monitor,
         "Tensor '" + name + "' stays in float: it has no " + std::string(cause) + ".");
    return;
  }
  Parameters parameters =
      AddParameters(name, "", params->type, marker_.RealOf(name), {}, {params->params});
  InsertWith(name, std::move(parameters));
}

void QdqQuantizer::InsertWith(const std::string& name, Parameters parameters) {
  const auto receivers = receivers_.find(name);
  const bool several = receivers != receivers_.end() && receivers->second.size() > 1;
  if (ConversionOf(name) != nullptr && !ConvertedParams(name)) {
    Warn(request_.monitor,
         "Tensor '" + name + "' is not converted: it has no range for the second type.");
  } else if (ConversionOf(name) != nullptr) {
    if (options().dedicated_qdq_pair && several) {
      Warn(request_.monitor,
           "Tensor '" + name + "' has one pair for all readers of a type, since it is converted.");
    }
    InsertConverted(name, parameters);
    return;
  }
  if (options().dedicated_qdq_pair && several) {
    InsertDedicated(name, parameters, receivers->second);
  } else {
    std::string input = name;
    std::string output = name;
    onnx::NodeProto* producer = edit_.Producer(name);
    if (edit_.IsGraphOutput(name) && producer != nullptr) {
      input = edit_.FreshValue(QuantizeInputName(name));
      edit_.ReplaceOutput(*producer, name, input);
    } else {
      output = edit_.FreshValue(DequantizeOutputName(name));
      edit_.ReplaceInputs(name, output);
    }
    const std::string middle = edit_.FreshValue(QuantizeOutputName(name));
    AddQuantize(input, middle, QuantizeNodeName(name), parameters);
    AddDequantize(middle, output, DequantizeNodeName(name), parameters);
  }
  quantized_[name] = {.original = std::move(parameters)};
}

void QdqQuantizer::InsertDedicated(const std::string& name, const Parameters& parameters,
                                   const std::vector<onnx::NodeProto*>& readers) {
  for (size_t i = 0; i < readers.size(); ++i) {
    const std::string suffix = std::string("_").append(std::to_string(i + 1));
    const std::string output = edit_.FreshValue(DequantizeOutputName(name) + suffix);
    const std::string middle = edit_.FreshValue(QuantizeOutputName(name) + suffix);
    AddQuantize(name, middle, QuantizeNodeName(name) + suffix, parameters);
    AddDequantize(middle, output, DequantizeNodeName(name) + suffix, parameters);
    edit_.ReplaceInput(*readers[i], name, output);
  }
}

// A tensor of which some readers, or all, get a second type:
//
//   Q -> DQ -> readers of the first      where there are none: Q -> DQ -> Q' -> DQ' -> readers
//   `--> DQ -> Q' -> DQ' -> the others
//
// A graph output is the first DQ's, or with no readers of the first type the last one's.
void QdqQuantizer::InsertConverted(const std::string& name, const Parameters& parameters) {
  const TypedParams second = *ConvertedParams(name);
  const Parameters converted =
      AddParameters(name, "_convert", second.type, marker_.RealOf(name), {}, {second.params});
  const std::vector<std::string>& wanted = ConversionOf(name)->recv_nodes;
  std::vector<onnx::NodeProto*> first_readers;
  std::vector<onnx::NodeProto*> second_readers;
  const auto received = receivers_.find(name);
  for (onnx::NodeProto* node : edit_.Readers(name)) {
    const bool named = std::find(wanted.begin(), wanted.end(), node->name()) != wanted.end();
    const bool quantized =
        received != receivers_.end() &&
        std::find(received->second.begin(), received->second.end(), node) != received->second.end();
    if (named || (wanted.empty() && quantized)) {
      second_readers.push_back(node);
    } else if (quantized) {
      first_readers.push_back(node);
    }
  }

  const std::string second_name = name + "_convert";
  const bool all = first_readers.empty();
  std::string input = name;
  std::string first_output;
  std::string second_output;
  onnx::NodeProto* producer = edit_.Producer(name);
  if (edit_.IsGraphOutput(name) && producer != nullptr) {
    input = edit_.FreshValue(QuantizeInputName(name));
    edit_.ReplaceOutput(*producer, name, input);
    (all ? second_output : first_output) = name;
  }
  const std::string middle = edit_.FreshValue(QuantizeOutputName(name));
  AddQuantize(input, middle, QuantizeNodeName(name), parameters);
  if (first_output.empty()) {
    first_output = edit_.FreshValue(DequantizeOutputName(name));
    for (onnx::NodeProto* node : first_readers) edit_.ReplaceInput(*node, name, first_output);
  }
  AddDequantize(middle, first_output, DequantizeNodeName(name), parameters);
  std::string second_input = first_output;
  if (!all) {
    second_input = edit_.FreshValue(QuantizeInputName(second_name));
    AddDequantize(middle, second_input, DequantizeNodeName(second_name + "_clone"), parameters);
  }
  const std::string second_middle = edit_.FreshValue(QuantizeOutputName(second_name));
  AddQuantize(second_input, second_middle, QuantizeNodeName(second_name), converted);
  if (second_output.empty()) {
    second_output = edit_.FreshValue(DequantizeOutputName(second_name));
    for (onnx::NodeProto* node : second_readers) edit_.ReplaceInput(*node, name, second_output);
  }
  AddDequantize(second_middle, second_output, DequantizeNodeName(second_name), converted);
  quantized_[name] = {.original = parameters,
                      .converted = converted,
                      .converted_readers = {second_readers.begin(), second_readers.end()}};
}

}  // namespace quantab
