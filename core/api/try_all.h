// What several recipes make of a model, side by side: size, latency, accuracy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/api/suggest.h"

namespace quantab {

struct TryOptions {
  std::string metric = "sqnr_db";  // of core/eval/metrics; of several outputs the worst counts
  int64_t runs = 20;               // how often each model is timed; 0 for not at all
};

struct TriedRecipe {
  std::string name;
  std::string recipe;   // as it was given
  FormFigures figures;  // absent where there is an error
  // Whether no other one is at least as small, as fast and as accurate, and better in one of them.
  bool best = false;
  std::optional<Error> error = {};
};

struct TryReport {
  std::string metric;
  bool larger_is_better = false;
  FormFigures original;
  std::vector<TriedRecipe> trials;  // in the order of the recipes
};

// A name, and a recipe as JSON.
using NamedRecipe = std::pair<std::string, std::string>;

// Makes of `model` what each recipe says, on samples that can be read at will, and compares the
// outputs with the float model's as Comparer does; `labels`, if any, are the samples' classes. A
// recipe that fails is a trial with an error; the others go on. In the end all models are timed in
// turns, on the first sample. Throws Error(kInvalidArgument) for an unknown metric and for no
// recipe or sample at all, Error(kUnsupported) for a model that cannot be run, Error(kCancelled).
TryReport TryAll(const Model& model, const std::vector<NamedRecipe>& recipes, size_t samples,
                 const SampleSource& sample, std::span<const int64_t> labels = {},
                 const TryOptions& options = {}, Monitor* monitor = nullptr);

// Recipes from JSON: {name: recipe, ...}, or an array of them, which are called "1", "2" and so on.
// What is in them is not looked at. Throws Error(kInvalidArgument) for anything else.
std::vector<NamedRecipe> RecipesFromJson(std::string_view json);

}  // namespace quantab
