// Convert: recipes carried out.
#include <string>
#include <utility>

#include "core/api/quantab.h"
#include "core/api/recipe.h"
#include "core/base/error.h"
#include "core/passes/pre_process.h"
#include "core/quant/float16.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"

namespace quantab {
namespace {

void Inform(Monitor* monitor, const std::string& message) {
  if (monitor != nullptr) monitor->OnLog(LogLevel::kInfo, message);
}

std::string Count(uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Model ToFloat16(const Model& model, const Float16Options& options, Monitor* monitor) {
  Float16Result result = ConvertFloatToFloat16(model, options, monitor);
  if (result.clamped_large > 0) {
    Warn(monitor, "Cut off, as float16 should hold nothing larger: " +
                      Count(result.clamped_large, "element") + " of constants.");
  }
  if (result.clamped_small > 0) {
    Inform(monitor, "Moved away from zero, as float16 should hold nothing smaller: " +
                        Count(result.clamped_small, "element") + " of constants.");
  }
  if (!result.nodes_in_float.empty()) {
    Inform(monitor, "Left in float32: " + Count(result.nodes_in_float.size(), "node") +
                        ", such as '" + result.nodes_in_float.front() + "'.");
  }
  return std::move(result.model);
}

// What becomes of the result of a weight-only method.
Model Finished(Model model, const Recipe& recipe, Monitor* monitor) {
  return recipe.float16_after ? ToFloat16(model, *recipe.float16_after, monitor) : std::move(model);
}

}  // namespace

Model PreProcess(const Model& model, const Recipe& recipe, Monitor* monitor) {
  return Guard([&] {
    return recipe.pre_process ? PreProcess(model, *recipe.pre_process, monitor).model : model;
  });
}

Model Convert(const Model& model, const Recipe& recipe, Monitor* monitor) {
  return Guard([&] {
    Model prepared = PreProcess(model, recipe, monitor);
    switch (recipe.method) {
      case RecipeMethod::kPreProcess:
        break;
      case RecipeMethod::kDynamic:
        return QuantizeDynamic(prepared, recipe.dynamic_options, monitor);
      case RecipeMethod::kFloat16:
        return ToFloat16(prepared, recipe.float16_options, monitor);
      case RecipeMethod::kMatMulNBits:
        return Finished(QuantizeMatMulNBits(prepared, recipe.nbits_options, monitor), recipe,
                        monitor);
      case RecipeMethod::kMatMulBnb4:
        return Finished(QuantizeMatMulBnb4(prepared, recipe.bnb4_options, monitor), recipe,
                        monitor);
      case RecipeMethod::kStatic:
        ThrowInvalidArgument("A recipe for 'quantize_static' needs samples, or ranges.");
      case RecipeMethod::kMixedPrecision:
        ThrowInvalidArgument("A recipe for 'auto_convert_mixed_precision' needs samples.");
    }
    return prepared;
  });
}

}  // namespace quantab
