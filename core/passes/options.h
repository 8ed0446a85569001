// The options of quant_pre_process, each described once; see core/quant/options.h for how.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quantab {

struct PreProcessOptions {
  bool skip_optimization = false;
  bool skip_onnx_shape = false;
  bool skip_symbolic_shape = false;
  bool auto_merge = false;
  int64_t int_max = 2147483647;
  bool guess_output_rank = false;
  // beyond onnxruntime's
  std::vector<std::string> skip_passes = {};
  std::vector<std::string> optional_passes = {};
  std::map<std::string, int64_t> dim_params = {};
  std::map<std::string, std::vector<int64_t>> input_shapes = {};
  std::optional<int64_t> opset_version = {};
  // those of onnxruntime's qnn_preprocess_model
  std::vector<std::string> inputs_to_make_channel_last = {};
  std::vector<std::string> outputs_to_make_channel_last = {};
};

template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires requires { o.skip_optimization; }
{
  v.Option("skip_optimization", o.skip_optimization, "Fold and fuse nothing.", "");
  v.Option("skip_onnx_shape", o.skip_onnx_shape, "Infer no types and shapes.", "");
  v.Option("skip_symbolic_shape", o.skip_symbolic_shape, "Carry no symbolic dimensions.", "");
  v.Option("auto_merge", o.auto_merge,
           "Where two names of a dimension must be equal, take them for one.", "");
  v.Option("int_max", o.int_max, "Largest value a symbolic dimension is taken to have.", "");
  v.Option("guess_output_rank", o.guess_output_rank,
           "Take an unknown rank of an output for that of the first input.", "");
  v.Option("skip_passes", o.skip_passes, "Names of rewrites to leave out.", "");
  v.Option("optional_passes", o.optional_passes, "Names of rewrites to add to the usual ones.", "");
  v.Option("dim_params", o.dim_params, "Sizes for named dimensions of the inputs.", "");
  v.Option("input_shapes", o.input_shapes, "Shapes for inputs, by name.", "");
  v.Option("opset_version", o.opset_version, "Operator set to convert the model to.", "");
  v.Option("inputs_to_make_channel_last", o.inputs_to_make_channel_last,
           "Inputs (N, C, ...) that shall be (N, ..., C) instead.", "");
  v.Option("outputs_to_make_channel_last", o.outputs_to_make_channel_last,
           "Outputs (N, C, ...) that shall be (N, ..., C) instead.", "");
}

}  // namespace quantab
