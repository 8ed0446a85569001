#include "core/api/recipe.h"

#include <nlohmann/json.hpp>

#include "core/api/json.h"
#include "core/api/option_visitors.h"
#include "core/api/option_writer.h"
#include "core/base/error.h"

namespace quantab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPreProcess = "quant_pre_process";
constexpr std::string_view kSettings = "preprocess";

struct MethodName {
  std::string_view key;
  RecipeMethod method;
};
constexpr MethodName kMethods[] = {
    {"quantize_dynamic", RecipeMethod::kDynamic},
    {"quantize_static", RecipeMethod::kStatic},
    {"quantize_matmul_nbits", RecipeMethod::kMatMulNBits},
    {"quantize_matmul_bnb4", RecipeMethod::kMatMulBnb4},
    {"convert_float_to_float16", RecipeMethod::kFloat16},
    {"auto_convert_mixed_precision", RecipeMethod::kMixedPrecision},
};

constexpr std::string_view kExpected =
    " A recipe holds 'quant_pre_process', and one of 'quantize_dynamic', 'quantize_static', "
    "'quantize_matmul_nbits', 'quantize_matmul_bnb4', 'convert_float_to_float16' and "
    "'auto_convert_mixed_precision', each with an object of options, and perhaps 'preprocess'. "
    "Of the methods only 'convert_float_to_float16' may stand beside another, one of those that "
    "quantize weights alone.";

// Takes the options under `key` out of the recipe.
std::optional<Json> Take(Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  Json options = *found;
  if (!options.is_object()) {
    ThrowInvalidArgument("The recipe's '" + std::string(key) + "' is no object." +
                         std::string(kExpected));
  }
  object.erase(found);
  return options;
}

bool QuantizesWeightsAlone(RecipeMethod method) {
  return method == RecipeMethod::kMatMulNBits || method == RecipeMethod::kMatMulBnb4;
}

void ReadMethod(Json options, Recipe& recipe, const std::string& what) {
  switch (recipe.method) {
    case RecipeMethod::kDynamic:
      return ReadObject(std::move(options), recipe.dynamic_options, what);
    case RecipeMethod::kStatic:
      return ReadObject(std::move(options), recipe.static_options, what);
    case RecipeMethod::kMatMulNBits:
      return ReadObject(std::move(options), recipe.nbits_options, what);
    case RecipeMethod::kMatMulBnb4:
      return ReadObject(std::move(options), recipe.bnb4_options, what);
    case RecipeMethod::kFloat16:
      return ReadObject(std::move(options), recipe.float16_options, what);
    case RecipeMethod::kMixedPrecision:
      return ReadObject(std::move(options), recipe.mixed_precision_options, what);
    case RecipeMethod::kPreProcess:
      if (!recipe.pre_process) recipe.pre_process.emplace();
      return ReadObject(std::move(options), *recipe.pre_process, what);
  }
}

Json MethodObject(const Recipe& recipe) {
  switch (recipe.method) {
    case RecipeMethod::kDynamic:
      return ToObject(recipe.dynamic_options);
    case RecipeMethod::kStatic:
      return ToObject(recipe.static_options);
    case RecipeMethod::kMatMulNBits:
      return ToObject(recipe.nbits_options);
    case RecipeMethod::kMatMulBnb4:
      return ToObject(recipe.bnb4_options);
    case RecipeMethod::kFloat16:
      return ToObject(recipe.float16_options);
    case RecipeMethod::kMixedPrecision:
      return ToObject(recipe.mixed_precision_options);
    case RecipeMethod::kPreProcess:
      break;
  }
  return Json::object();
}

Json Described(const Recipe& recipe) {
  return {{"recipe", ToJson(recipe)}, {"python", ToPython(recipe)}};
}

std::string Dump(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Recipe RecipeFromJson(std::string_view json) {
  return Guard([&] {
    Json object = Json::parse(json, nullptr, false);
    if (!object.is_object())
      ThrowInvalidArgument("This is no JSON object." + std::string(kExpected));
    Recipe recipe;
    if (const std::optional<Json> settings = Take(object, kSettings)) {
      recipe.preprocess = Dump(*settings);
    }
    if (std::optional<Json> options = Take(object, kPreProcess)) {
      recipe.pre_process.emplace();
      ReadObject(std::move(*options), *recipe.pre_process, " in the recipe");
    }
    bool any = recipe.pre_process.has_value();
    for (const auto& [key, method] : kMethods) {
      std::optional<Json> options = Take(object, key);
      if (!options) continue;
      if (method == RecipeMethod::kFloat16 && QuantizesWeightsAlone(recipe.method)) {
        recipe.float16_after.emplace();
        ReadObject(std::move(*options), *recipe.float16_after, " in the recipe");
        continue;
      }
      if (recipe.method != RecipeMethod::kPreProcess) {
        ThrowInvalidArgument("The recipe holds more than one method." + std::string(kExpected));
      }
      recipe.method = method;
      ReadMethod(std::move(*options), recipe, " in the recipe");
      any = true;
    }
    if (!object.empty()) {
      ThrowInvalidArgument("The recipe has an unknown key '" + object.begin().key() + "'." +
                           std::string(kExpected));
    }
    if (!any) ThrowInvalidArgument("The recipe is empty." + std::string(kExpected));
    return recipe;
  });
}

void SetOptions(Recipe& recipe, std::string_view json) {
  Guard([&] {
    Json options = Json::parse(json, nullptr, false);
    if (!options.is_object()) ThrowInvalidArgument("Options must be a JSON object.");
    ReadMethod(std::move(options), recipe, "");
  });
}

Recipe WithoutSamples(const Recipe& recipe, const MixedPrecision& found) {
  Recipe repeated = recipe;
  repeated.method = RecipeMethod::kFloat16;
  repeated.float16_options = recipe.mixed_precision_options.float16;
  repeated.float16_options.node_block_list = found.node_block_list;
  return repeated;
}

std::string DescriptionOf(const Recipe& recipe) { return Dump(Described(recipe)); }

std::string DescriptionOf(const Recipe& recipe, const MixedPrecision& found) {
  Json object = Described(WithoutSamples(recipe, found));
  object["mixedPrecision"] = Json::parse(ToJson(found));
  return Dump(object);
}

std::string_view MethodNameOf(const Recipe& recipe) {
  for (const auto& [key, method] : kMethods) {
    if (method == recipe.method) return key;
  }
  return kPreProcess;
}

std::string ToJson(const Recipe& recipe) {
  Json object = Json::object();
  if (!recipe.preprocess.empty()) object[kSettings] = Json::parse(recipe.preprocess);
  if (recipe.pre_process) object[kPreProcess] = ToObject(*recipe.pre_process);
  if (recipe.method != RecipeMethod::kPreProcess) {
    object[MethodNameOf(recipe)] = MethodObject(recipe);
  }
  if (recipe.float16_after) object["convert_float_to_float16"] = ToObject(*recipe.float16_after);
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace quantab
