// What the commands that make a model of another share.
#pragma once

#include <optional>
#include <string>

#include "core/api/recipe.h"
#include "core/cli/command.h"

namespace quantab {

// Throws Error(kInvalidArgument) for a file that is no recipe.
Recipe ReadRecipe(const std::string& path);

// The recipe an invocation means: --recipe's, with the options of the command line laid over it.
// Throws Error(kInvalidArgument) where the file holds a recipe for another method.
Recipe RecipeOf(const Invocation& invocation, RecipeMethod method);

// What more there is to say of a result.
struct Remark {
  std::string key;  // in the JSON result
  nlohmann::ordered_json value;
  std::string text;  // lines
};

// Writes what became of `model` to --output and says what it is.
std::string WriteResult(const Invocation& invocation, const Recipe& recipe, const Model& model,
                        const Model& result, const std::optional<Remark>& remark = std::nullopt);

}  // namespace quantab
