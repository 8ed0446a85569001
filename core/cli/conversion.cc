#include "core/cli/conversion.h"

#include <utility>

#include "core/api/files.h"
#include "core/cli/console.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

// `wanted` is the method of the command line.
std::string CommandFor(RecipeMethod method, RecipeMethod wanted) {
  switch (method) {
    case RecipeMethod::kPreProcess:
      return "'quantab preprocess'";
    case RecipeMethod::kDynamic:
      return "'quantab dynamic'";
    case RecipeMethod::kStatic:
      return "'quantab static'";
    case RecipeMethod::kMatMulNBits:
      return "'quantab nbits'";
    case RecipeMethod::kMatMulBnb4:
      return "'quantab bnb4'";
    case RecipeMethod::kFloat16:
      return wanted == RecipeMethod::kMixedPrecision
                 ? "'quantab float16' without '--calibration-data'"
                 : "'quantab float16'";
    case RecipeMethod::kMixedPrecision:
      return "'quantab float16' with '--calibration-data'";
  }
  return "";
}

}  // namespace

Recipe ReadRecipe(const std::string& path) {
  const std::string text = ReadTextFile(path);
  if (!nlohmann::json::parse(text, nullptr, false).is_object()) {
    ThrowInvalidArgument("'" + path + "' is no recipe: it holds no JSON object.");
  }
  return RecipeFromJson(text);
}

Recipe RecipeOf(const Invocation& invocation, RecipeMethod method) {
  Recipe recipe;
  recipe.method = method;
  if (invocation.Has("recipe")) {
    const std::string path = invocation.Value("recipe");
    recipe = ReadRecipe(path);
    if (recipe.method != method) {
      ThrowInvalidArgument("'" + path + "' is a recipe for '" + std::string(MethodNameOf(recipe)) +
                           "'. Use " + CommandFor(recipe.method, method) + ".");
    }
  }
  if (invocation.Flag("pre_process") && !recipe.pre_process) recipe.pre_process.emplace();
  SetOptions(recipe, invocation.QuantizerOptions());
  return recipe;
}

std::string WriteResult(const Invocation& invocation, const Recipe& recipe, const Model& model,
                        const Model& result, const std::optional<Remark>& remark) {
  WriteOptions options;
  options.use_external_data_format = invocation.Flag("use_external_data_format");
  const std::string path = invocation.Value("output");
  const uint64_t before = FileBytes(model);
  const uint64_t after = WriteModelFile(result, path, options, invocation.monitor);
  const bool print_recipe = invocation.Flag("print_recipe");
  if (invocation.json) {
    nlohmann::ordered_json object = {
        {"output", path}, {"bytesBefore", before}, {"bytesAfter", after}};
    if (remark) object[remark->key] = remark->value;
    if (print_recipe) {
      object["recipe"] = nlohmann::ordered_json::parse(ToJson(recipe));
      object["python"] = ToPython(recipe);
    }
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  const double percent =
      before == 0 ? 100.0 : 100.0 * static_cast<double>(after) / static_cast<double>(before);
  std::string text = path + ": " + HumanBytes(after) + ", was " + HumanBytes(before) + " (" +
                     HumanNumber(percent, 3) + " %)\n";
  if (remark) text += remark->text;
  if (print_recipe) text += "\n" + ToJson(recipe) + "\n" + ToPython(recipe);
  return text;
}

}  // namespace quantab
