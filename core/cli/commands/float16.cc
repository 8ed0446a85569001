// quantab float16 MODEL -o OUT: convert_float_to_float16, or, with --calibration-data DIR,
// auto_convert_mixed_precision.
#include <algorithm>

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/console.h"
#include "core/cli/conversion.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

// So many nodes are listed for people; --json lists all.
constexpr size_t kMostListed = 20;

void RefuseWithoutSamples(const Invocation& invocation) {
  for (const OptionInfo& option : invocation.command->options) {
    if (!option.with_samples || !invocation.Has(option.name)) continue;
    throw UsageError("'" + FlagOf(option.name) +
                     "' needs '--calibration-data': which nodes stay in float32 is found by "
                     "running the model on samples.");
  }
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string ReasonFor(const std::string& node, const MixedPrecision& found) {
  if (Contains(found.overflowing, node)) return "overflow";
  return Contains(found.inaccurate, node) ? "tolerance" : "asked for";
}

Remark RemarkOn(const MixedPrecision& found) {
  const std::vector<std::string>& nodes = found.node_block_list;
  std::vector<std::vector<std::string>> rows = {{"in float32", "why"}};
  for (size_t i = 0; i < std::min(nodes.size(), kMostListed); ++i) {
    rows.push_back({nodes[i], ReasonFor(nodes[i], found)});
  }
  std::string text = "nodes in float32: " + std::to_string(nodes.size()) + ", " +
                     (found.within_tolerance ? "" : "not ") +
                     "within the tolerance, trials: " + std::to_string(found.trials) + "\n";
  if (!nodes.empty()) text += Table(rows);
  if (nodes.size() > kMostListed) {
    text += "and " + std::to_string(nodes.size() - kMostListed) + " more; --json lists all\n";
  }
  return {"mixedPrecision", nlohmann::ordered_json::parse(ToJson(found)), std::move(text)};
}

std::string RunSearch(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kMixedPrecision);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const SampleFolder samples(invocation.Value("calibration_data"), InputsOf(model));
  const MixedPrecision found = AutoMixedPrecision(
      PreProcess(model, recipe, invocation.monitor), samples.size(),
      [&](size_t index) { return samples.Read(index); }, recipe.mixed_precision_options,
      invocation.monitor);
  return WriteResult(invocation, WithoutSamples(recipe, found), model, found.model,
                     RemarkOn(found));
}

std::string Run(const Invocation& invocation) {
  if (invocation.Has("calibration_data")) return RunSearch(invocation);
  RefuseWithoutSamples(invocation);
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kFloat16);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, float16) { r.Add({.name = "float16", .run = Run}); }

}  // namespace quantab
