// A recipe holds a whole conversion: which method with which options, and what is done before. As
// JSON it has onnxruntime's names:
//
//   {
//     "quant_pre_process": {"opset_version": 17},
//     "quantize_static": {
//       "weight_type": "QInt8",
//       "nodes_to_exclude": ["/head/MatMul"],
//       "extra_options": {"ActivationSymmetric": true}
//     }
//   }
//
// with one of "quantize_dynamic", "quantize_static", "quantize_matmul_nbits",
// "quantize_matmul_bnb4", "convert_float_to_float16" and "auto_convert_mixed_precision", which
// takes the options of the one before and the tolerances; without any of them it is a recipe for
// pre-processing alone. "quantize_matmul_nbits" and "quantize_matmul_bnb4" may have
// "convert_float_to_float16" beside them, which is then done to their result. "preprocess" may say
// how files become the samples that the recipe is used with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/monitor.h"
#include "core/eval/auto_mixed_precision.h"
#include "core/onnx/model.h"
#include "core/passes/options.h"
#include "core/quant/float16_options.h"
#include "core/quant/matmul_bnb4_options.h"
#include "core/quant/matmul_nbits_options.h"
#include "core/quant/options.h"

namespace quantab {

enum class RecipeMethod {
  kPreProcess,
  kDynamic,
  kStatic,
  kMatMulNBits,
  kMatMulBnb4,
  kFloat16,
  kMixedPrecision
};

struct Recipe {
  RecipeMethod method = RecipeMethod::kPreProcess;
  // The settings of npx quantab's --preprocess, a JSON object as text; empty where there are none.
  // They are kept, and mean nothing here: samples are tensors.
  std::string preprocess = {};
  std::optional<PreProcessOptions> pre_process = {};
  // Those of `method` count.
  DynamicOptions dynamic_options = {};
  StaticOptions static_options = {};
  MatMulNBitsOptions nbits_options = {};
  MatMulBnb4Options bnb4_options = {};
  Float16Options float16_options = {};
  // Of a weight-only method: its result is converted to float16.
  std::optional<Float16Options> float16_after = {};
  AutoMixedPrecisionOptions mixed_precision_options = {};
};

// Throws Error(kInvalidArgument) for what is no recipe, naming the option that is wrong.
Recipe RecipeFromJson(std::string_view json);

// Sets options of the recipe's method from a JSON object, as a recipe has them; the others stay as
// they are. Throws Error(kInvalidArgument) naming the option that is wrong.
void SetOptions(Recipe& recipe, std::string_view json);

// The recipe's method as it is called in recipes: "quantize_static"; "quant_pre_process" for none.
std::string_view MethodNameOf(const Recipe& recipe);

// `model`, pre-processed where the recipe says so.
Model PreProcess(const Model& model, const Recipe& recipe, Monitor* monitor = nullptr);

// What the recipe makes of `model`; for all methods but quantize_static, which needs samples or
// ranges (see StaticQuantizer and QuantizeStatic), and auto_convert_mixed_precision, which needs
// samples (see MixedPrecisionSearch).
Model Convert(const Model& model, const Recipe& recipe, Monitor* monitor = nullptr);

// For convert_float_to_float16: what makes the same model without samples as a recipe for
// auto_convert_mixed_precision found.
Recipe WithoutSamples(const Recipe& recipe, const MixedPrecision& found);

// The recipe as JSON, indented, ending with a newline. Options at their defaults are left out.
std::string ToJson(const Recipe& recipe);

// {"recipe": <ToJson's text>, "python": <ToPython's text>} as JSON.
std::string DescriptionOf(const Recipe& recipe);

// The same of the recipe WithoutSamples gives, and {"mixedPrecision": <what was found>}.
std::string DescriptionOf(const Recipe& recipe, const MixedPrecision& found);

// Python that calls onnxruntime's (for float16 also onnxconverter-common's) tools in the same way,
// ending with a newline. What they cannot do is a comment.
std::string ToPython(const Recipe& recipe);

}  // namespace quantab
