// The options of the quantizers, each described once: name, default, choices and one line of help.
// Flags, JSON, TypeScript types and forms are visitors of Describe(). Names and defaults are those
// of onnxruntime.quantization.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/quant/quant_type.h"
#include "core/quant/tensor_quant_overrides.h"

namespace quantab {

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
  bool activation_symmetric = false;          // of constants that are quantized like activations
  bool matmul_const_b_only = true;
  bool enable_subgraph = false;
  bool force_quantize_no_input_check = false;
  std::optional<double> minimum_real_range = {};
  std::optional<int64_t> default_tensor_type = {};
};

// quantize_static's options.
struct StaticOptions {
  std::string config = "none";              // a ready-made configuration; see core/quant/config.h
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
  std::optional<double> minimum_real_range = {};
  int64_t block_size = 0;
  bool matmul_const_b_only = false;
  bool enable_subgraph = false;
  bool force_quantize_no_input_check = false;
  std::optional<int64_t> default_tensor_type = {};
  bool quantize_bias = true;
  bool add_qdq_pair_to_weight = false;
  bool dedicated_qdq_pair = false;
  bool use_qdq_contrib_ops = false;
  bool qdq_keep_removable_activations = false;
  bool qdq_disable_weight_adjust_for_int32_bias = false;
  std::vector<std::string> op_types_to_exclude_output_quantization = {};
  std::map<std::string, int64_t> qdq_op_type_per_channel_support_to_axis = {};
  bool sigmoid_nnapi = false;
  TensorQuantOverrides tensor_quant_overrides = {};
  bool add_qtype_converts = true;
  // extra_options of calibration; the last four have no key in onnxruntime's quantize_static
  std::optional<bool> calib_tensor_range_symmetric = {};  // unset: true for Percentile
  bool calib_moving_average = false;
  double calib_moving_average_constant = 0.01;
  std::optional<int64_t> calib_strided_min_max = {};
  std::optional<int64_t> calib_max_intermediate_outputs = {};
  double calib_percentile = 99.999;
  std::optional<int64_t> calib_num_bins = {};  // unset: 128 for Entropy, else 2048
  int64_t calib_num_quantized_bins = 128;
  std::string calib_scenario = "same";
  bool calib_per_channel = false;
  // steps before quantization
  bool smooth_quant = false;
  double smooth_quant_alpha = 0.5;
  bool smooth_quant_folding = true;
  bool cross_layer_equalization = false;
  bool bias_correction = false;
};

// Describe(options, visitor) calls, for each member,
//   visitor.Option("snake_case_name", member, "help", "ExtraOptionsKey or empty");
// QuantType members accept the names in quant_type.h. ExtraOptionsKey is the name under
// onnxruntime's `extra_options`, for those who come from there.
template <class Options, class Visitor>
void DescribeCalibration(Options& o, Visitor& v) {
  v.Option("calib_tensor_range_symmetric", o.calib_tensor_range_symmetric,
           "Calibrated ranges symmetric around zero; by default for Percentile only.",
           "CalibTensorRangeSymmetric");
  v.Option("calib_moving_average", o.calib_moving_average,
           "MinMax: average the samples' minima and maxima instead of taking the extremes.",
           "CalibMovingAverage");
  v.Option("calib_moving_average_constant", o.calib_moving_average_constant,
           "Weight of a new chunk of samples in the moving average.", "CalibMovingAverageConstant");
  v.Option("calib_strided_min_max", o.calib_strided_min_max,
           "MinMax: samples in a chunk of the moving average; all when unset.",
           "CalibStridedMinMax");
  v.Option("calib_max_intermediate_outputs", o.calib_max_intermediate_outputs,
           "Samples whose activations may be kept at a time. Accepted for the sake of old calls: "
           "none are ever kept.",
           "CalibMaxIntermediateOutputs");
  v.Option("calib_percentile", o.calib_percentile,
           "Percentile: the share of values inside the range, in percent.", "CalibPercentile");
  v.Option("calib_num_bins", o.calib_num_bins,
           "Bins of a tensor's histogram; 128 for Entropy and 2048 for the others when unset.",
           "CalibNumBins");
  v.Option("calib_num_quantized_bins", o.calib_num_quantized_bins,
           "Entropy: bins of the quantized distribution.", "CalibNumQuantizedBins");
  v.Option("calib_scenario", o.calib_scenario,
           "Distribution: 'same', or 'p3' for the cube roots of the values.", "CalibScenario");
  v.Option("calib_per_channel", o.calib_per_channel,
           "MinMax: also find the range of each channel (axis 1).", "CalibPerChannel");
}

template <class Options, class Visitor>
void DescribeQdq(Options& o, Visitor& v) {
  v.Option("quantize_bias", o.quantize_bias, "Store biases as int32.", "QuantizeBias");
  v.Option("add_qdq_pair_to_weight", o.add_qdq_pair_to_weight,
           "Keep weights in float, followed by QuantizeLinear and DequantizeLinear.",
           "AddQDQPairToWeight");
  v.Option("dedicated_qdq_pair", o.dedicated_qdq_pair,
           "One QuantizeLinear/DequantizeLinear pair per reader of a tensor.", "DedicatedQDQPair");
  v.Option("use_qdq_contrib_ops", o.use_qdq_contrib_ops,
           "QuantizeLinear and DequantizeLinear of com.microsoft, which has 16-bit types in every "
           "operator set.",
           "UseQDQContribOps");
  v.Option("qdq_keep_removable_activations", o.qdq_keep_removable_activations,
           "Keep Relu and Clip that the quantized range makes redundant.",
           "QDQKeepRemovableActivations");
  v.Option("qdq_disable_weight_adjust_for_int32_bias", o.qdq_disable_weight_adjust_for_int32_bias,
           "Do not enlarge weight scales whose int32 bias would overflow.",
           "QDQDisableWeightAdjustForInt32Bias");
  v.Option("op_types_to_exclude_output_quantization", o.op_types_to_exclude_output_quantization,
           "Operator types whose outputs stay in float.", "OpTypesToExcludeOutputQuantization");
  v.Option("qdq_op_type_per_channel_support_to_axis", o.qdq_op_type_per_channel_support_to_axis,
           "Axis of per-channel weights by operator type, of MatMul and the normalizations.",
           "QDQOpTypePerChannelSupportToAxis");
  v.Option("tensor_quant_overrides", o.tensor_quant_overrides,
           "Exceptions for single tensors: type, range, axis, or a second type for some readers.",
           "TensorQuantOverrides");
  v.Option("add_qtype_converts", o.add_qtype_converts,
           "Config 'qnn': convert between types where 'tensor_quant_overrides' give neighbours of "
           "an activation another one.",
           "");
}

template <class Options, class Visitor>
void DescribeSteps(Options& o, Visitor& v) {
  v.Option("smooth_quant", o.smooth_quant,
           "Move the spread of activations into the weights first (SmoothQuant).", "SmoothQuant");
  v.Option("smooth_quant_alpha", o.smooth_quant_alpha,
           "How much of the spread moves: 0 none, 1 all.", "SmoothQuantAlpha");
  v.Option("smooth_quant_folding", o.smooth_quant_folding,
           "Fold SmoothQuant's scales into the operators before instead of adding Mul nodes.",
           "SmoothQuantFolding");
  v.Option("cross_layer_equalization", o.cross_layer_equalization,
           "Even out the weights' ranges between consecutive layers first.",
           "CrossLayerEqualization");
  v.Option("bias_correction", o.bias_correction,
           "Add to biases what quantized weights shift the outputs by on average.",
           "BiasCorrection");
}

template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires requires { o.matmul_const_b_only; }
{
  constexpr bool kStatic = requires { o.activation_type; };
  if constexpr (kStatic) {
    v.Option("config", o.config,
             "Ready-made configuration, which sets the options that are not given: 'qdq' quantizes "
             "every operator (get_qdq_config), 'qnn' suits Qualcomm's processors "
             "(get_qnn_qdq_config).",
             "");
  }
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
  }
  v.Option("activation_symmetric", o.activation_symmetric,
           "Ranges of activations symmetric around zero.", "ActivationSymmetric");
  if constexpr (kStatic) {
    v.Option("activation_restricted_asymmetric", o.activation_restricted_asymmetric,
             "Zero points of uint8 activations are 0 or 128 only.",
             "ActivationRestrictedAsymmetric");
  }
  v.Option("weight_symmetric", o.weight_symmetric,
           "Ranges of weights symmetric around zero; by default for signed types only.",
           "WeightSymmetric");
  v.Option("minimum_real_range", o.minimum_real_range, "Smallest width of a range.",
           "MinimumRealRange");
  if constexpr (kStatic) {
    v.Option("block_size", o.block_size,
             "QDQ: one scale per this many rows of a weight of rank 2; 0 for none.", "BlockSize");
  }
  v.Option("matmul_const_b_only", o.matmul_const_b_only,
           "Quantize a MatMul only if its second input is constant.", "MatMulConstBOnly");
  v.Option("enable_subgraph", o.enable_subgraph,
           "Quantize inside the bodies of If, Loop and Scan as well.", "EnableSubgraph");
  v.Option("force_quantize_no_input_check", o.force_quantize_no_input_check,
           "Quantize operators that only move data even if their input is not quantized.",
           "ForceQuantizeNoInputCheck");
  v.Option("default_tensor_type", o.default_tensor_type,
           "Element type, by ONNX's number, of values whose type cannot be inferred.",
           "DefaultTensorType");
  if constexpr (kStatic) {
    DescribeQdq(o, v);
    v.Option("sigmoid_nnapi", o.sigmoid_nnapi,
             "QOperator: a Sigmoid's output has scale 1/256 and zero point 0.",
             "extra.Sigmoid.nnapi");
    DescribeCalibration(o, v);
    DescribeSteps(o, v);
  }
}

}  // namespace quantab
