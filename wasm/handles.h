// What several files of bindings share: models, and recipes with options that count more.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <string>
#include <utility>

#include "core/api/recipe.h"

namespace quantab {

struct ModelHandle {
  Model model;
};

inline emscripten::val HandleOf(Model model) {
  return emscripten::val(std::make_shared<ModelHandle>(ModelHandle{std::move(model)}));
}

inline Recipe RecipeFrom(const std::string& json, const std::string& options) {
  Recipe recipe = RecipeFromJson(json);
  SetOptions(recipe, options);
  return recipe;
}

}  // namespace quantab
