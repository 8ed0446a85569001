// The options of the conversion to float16, each described once; see core/quant/options.h for how.
// Names and defaults are those of convert_float_to_float16 in onnxruntime.transformers and
// onnxconverter-common.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quantab {

struct Float16Options {
  std::string variant = "quantab";  // or "onnxruntime", "onnxconverter_common"
  bool keep_io_types = false;
  std::vector<std::string> keep_io_names = {};
  bool disable_shape_infer = false;
  std::optional<std::vector<std::string>> op_block_list = {};  // unset: the variant's
  std::vector<std::string> node_block_list = {};
  std::optional<double> min_positive_val = {};  // unset: 1e-7 for onnxconverter_common, else 2^-24
  std::optional<double> max_finite_val = {};    // unset: 1e4 for onnxconverter_common, else 65504
  bool check_fp16_ready = true;
  bool force_fp16_initializers = false;
  std::map<std::string, std::vector<int64_t>> force_fp16_inputs = {};
  bool use_bfloat16_as_blocked_nodes_dtype = false;
};

template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires requires { o.force_fp16_initializers; }
{
  v.Option("variant", o.variant,
           "Whose defaults, names and order of nodes: 'quantab', 'onnxruntime' or "
           "'onnxconverter_common'.",
           "");
  v.Option("keep_io_types", o.keep_io_types, "Leave the model's inputs and outputs in float32.",
           "");
  v.Option("keep_io_names", o.keep_io_names,
           "Leave these inputs and outputs in float32, and no others.", "");
  v.Option("disable_shape_infer", o.disable_shape_infer,
           "Take types from the model's own declarations only. The default variant needs none.",
           "");
  v.Option("op_block_list", o.op_block_list, "Operator types to leave in float32.", "");
  v.Option("node_block_list", o.node_block_list, "Names of nodes to leave in float32.", "");
  v.Option("min_positive_val", o.min_positive_val,
           "Constants nearer to zero, but for zero itself, become this.", "");
  v.Option("max_finite_val", o.max_finite_val,
           "Finite constants further from zero become this; 65504 at most.", "");
  v.Option("check_fp16_ready", o.check_fp16_ready,
           "onnxconverter_common: refuse models in which there is float16 already.", "");
  v.Option("force_fp16_initializers", o.force_fp16_initializers,
           "Store all float constants as float16, those of nodes left in float32 too.", "");
  v.Option("force_fp16_inputs", o.force_fp16_inputs,
           "Indices, by operator type, of inputs to convert that are left in float32 otherwise.",
           "");
  v.Option("use_bfloat16_as_blocked_nodes_dtype", o.use_bfloat16_as_blocked_nodes_dtype,
           "onnxruntime: the nodes left out compute in bfloat16 instead of float32.", "");
}

}  // namespace quantab
