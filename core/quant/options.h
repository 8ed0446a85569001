// The options of the quantizers, each described once: name, default, choices and one line of help.
// Flags, JSON, TypeScript types and forms are visitors of Describe(). Names and defaults are those
// of onnxruntime.quantization.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/tensor/dtype.h"

namespace quantab {

enum class QuantType { kQInt8, kQUInt8 };

// quantize_dynamic's options.
struct DynamicOptions {
  std::vector<std::string> op_types_to_quantize = {};  // empty: every type there is a rule for
  bool per_channel = false;
  bool reduce_range = false;
  QuantType weight_type = QuantType::kQInt8;
  std::vector<std::string> nodes_to_quantize = {};  // empty: all
  std::vector<std::string> nodes_to_exclude = {};
  // extra_options
  std::optional<bool> weight_symmetric = {};  // unset: true for signed weights, false for unsigned
  bool matmul_const_b_only = true;
};

// quantize_static's options.
struct StaticOptions {
  std::string quant_format = "QDQ";         // a name in the method registry
  std::string calibrate_method = "MinMax";  // a name in the calibration method registry
  std::vector<std::string> op_types_to_quantize = {};
  bool per_channel = false;
  bool reduce_range = false;
  QuantType activation_type = QuantType::kQInt8;
  QuantType weight_type = QuantType::kQInt8;
  std::vector<std::string> nodes_to_quantize = {};
  std::vector<std::string> nodes_to_exclude = {};
  // extra_options
  bool activation_symmetric = false;
  bool activation_restricted_asymmetric = false;
  std::optional<bool> weight_symmetric = {};
  bool matmul_const_b_only = false;
  bool calib_tensor_range_symmetric = false;
  bool calib_moving_average = false;
  double calib_moving_average_constant = 0.01;
  bool quantize_bias = true;
  bool add_qdq_pair_to_weight = false;
  bool dedicated_qdq_pair = false;
  std::vector<std::string> op_types_to_exclude_output_quantization = {};
  bool force_quantize_no_input_check = false;
  bool qdq_keep_removable_activations = false;
  bool qdq_disable_weight_adjust_for_int32_bias = false;
  std::optional<double> minimum_real_range = {};
};

// Describe(options, visitor) calls, for each member,
//   visitor.Option("snake_case_name", member, "help", "ExtraOptionsKey or empty");
// QuantType members accept the choices "QInt8" and "QUInt8". ExtraOptionsKey is the name under
// onnxruntime's `extra_options`, for those who come from there.
template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires requires { o.matmul_const_b_only; }
{
  constexpr bool kStatic = requires { o.activation_type; };
  v.Option("op_types_to_quantize", o.op_types_to_quantize,
           "Operator types to quantize; all supported types when empty.", "");
  v.Option("per_channel", o.per_channel, "One scale per output channel of a weight.", "");
  v.Option("reduce_range", o.reduce_range,
           "Weights in 7 bits, for processors whose 8-bit products saturate.", "");
  if constexpr (kStatic) {
    v.Option("activation_type", o.activation_type, "Type of quantized activations.", "");
  }
  v.Option("weight_type", o.weight_type, "Type of quantized weights.", "");
  v.Option("nodes_to_quantize", o.nodes_to_quantize,
           "Names of the nodes to quantize; all when empty.", "");
  v.Option("nodes_to_exclude", o.nodes_to_exclude, "Names of nodes to leave in float.", "");
  if constexpr (kStatic) {
    v.Option("quant_format", o.quant_format, "Form of the quantized graph.", "");
    v.Option("calibrate_method", o.calibrate_method, "How activation ranges are found.", "");
    v.Option("activation_symmetric", o.activation_symmetric,
             "Ranges of activations symmetric around zero.", "ActivationSymmetric");
    v.Option("activation_restricted_asymmetric", o.activation_restricted_asymmetric,
             "Zero points of uint8 activations are 0 or 128 only.",
             "ActivationRestrictedAsymmetric");
  }
  v.Option("weight_symmetric", o.weight_symmetric,
           "Ranges of weights symmetric around zero; by default for signed types only.",
           "WeightSymmetric");
  v.Option("matmul_const_b_only", o.matmul_const_b_only,
           "Quantize a MatMul only if its second input is constant.", "MatMulConstBOnly");
  if constexpr (kStatic) {
    v.Option("calib_tensor_range_symmetric", o.calib_tensor_range_symmetric,
             "Calibrated ranges symmetric around zero.", "CalibTensorRangeSymmetric");
    v.Option("calib_moving_average", o.calib_moving_average,
             "Average the samples' minima and maxima instead of taking the extremes.",
             "CalibMovingAverage");
    v.Option("calib_moving_average_constant", o.calib_moving_average_constant,
             "Weight of a new chunk of samples in the moving average.",
             "CalibMovingAverageConstant");
    v.Option("quantize_bias", o.quantize_bias, "Store biases as int32.", "QuantizeBias");
    v.Option("add_qdq_pair_to_weight", o.add_qdq_pair_to_weight,
             "Keep weights in float, followed by QuantizeLinear and DequantizeLinear.",
             "AddQDQPairToWeight");
    v.Option("dedicated_qdq_pair", o.dedicated_qdq_pair,
             "One QuantizeLinear/DequantizeLinear pair per reader of a tensor.",
             "DedicatedQDQPair");
    v.Option("op_types_to_exclude_output_quantization", o.op_types_to_exclude_output_quantization,
             "Operator types whose outputs stay in float.", "OpTypesToExcludeOutputQuantization");
    v.Option("force_quantize_no_input_check", o.force_quantize_no_input_check,
             "Quantize operators that only move data even if their input is not quantized.",
             "ForceQuantizeNoInputCheck");
    v.Option("qdq_keep_removable_activations", o.qdq_keep_removable_activations,
             "Keep Relu and Clip that the quantized range makes redundant.",
             "QDQKeepRemovableActivations");
    v.Option("qdq_disable_weight_adjust_for_int32_bias", o.qdq_disable_weight_adjust_for_int32_bias,
             "Do not enlarge weight scales whose int32 bias would overflow.",
             "QDQDisableWeightAdjustForInt32Bias");
    v.Option("minimum_real_range", o.minimum_real_range, "Smallest width of an activation's range.",
             "MinimumRealRange");
  }
}

}  // namespace quantab
