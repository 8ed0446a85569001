#include "core/cli/judging.h"

#include <cmath>

#include "core/cli/console.h"
#include "core/cli/conversion.h"
#include "core/cli/labels.h"
#include "core/cli/text_file.h"

namespace quantab {

Recipe JudgedRecipe(const Invocation& invocation) {
  Recipe recipe;
  if (invocation.Has("recipe")) recipe = ReadRecipe(invocation.Value("recipe"));
  if (recipe.method == RecipeMethod::kPreProcess) recipe.method = RecipeMethod::kStatic;
  return recipe;
}

LabelledSamples::LabelledSamples(const Invocation& invocation, const Model& model)
    : folder_(invocation.Value("calibration_data"), InputsOf(model)) {
  if (invocation.Has("labels")) labels_ = ReadLabels(invocation.Value("labels"), folder_.Names());
}

void LabelledSamples::ForEach(
    Monitor* monitor, const Pass& pass,
    const std::function<bool(const TensorMap&, std::optional<int64_t>)>& take) const {
  const size_t count = folder_.size();
  const uint64_t before = count * static_cast<uint64_t>(pass.number);
  const uint64_t total = count * static_cast<uint64_t>(pass.most);
  for (size_t i = 0; i < count; ++i) {
    const std::optional<int64_t> label =
        labels_.empty() ? std::nullopt : std::optional<int64_t>(labels_[i]);
    if (!take(folder_.Read(i), label)) return;
    Report(monitor, "compare", before + i + 1, total);
  }
}

std::string FigureText(double value, double max_abs_error) {
  if (std::isfinite(value)) return HumanNumber(value);
  if (!std::isfinite(max_abs_error)) return "nan";
  return max_abs_error == 0 ? "inf" : "-inf";
}

}  // namespace quantab
