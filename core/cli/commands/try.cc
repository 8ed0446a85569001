// quantab try MODEL --calibration-data DIR --recipes FILE: what several recipes make of a model.
#include "core/api/files.h"
#include "core/api/json.h"
#include "core/api/try_all.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/judging.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

constexpr int64_t kMostRuns = 1000000;

std::vector<std::string> Row(const std::string& name, const FormFigures& form, bool best) {
  return {name, HumanBytes(form.bytes), form.latency ? HumanNumber(form.latency->median_ms) : "-",
          form.value ? FigureText(*form.value, form.max_abs_error) : "-", best ? "yes" : "-"};
}

std::string TextOf(const TryReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"recipe", "size", "median ms", report.metric, "best"}, Row("float", report.original, false)};
  std::string errors;
  for (const TriedRecipe& trial : report.trials) {
    if (trial.error) {
      errors += trial.name + ": " + trial.error->message() + "\n";
    } else {
      rows.push_back(Row(trial.name, trial.figures, trial.best));
    }
  }
  return Table(rows) + errors;
}

std::string Run(const Invocation& invocation) {
  const TryOptions options = {.metric = invocation.Value("metric", "sqnr_db"),
                              .runs = invocation.Integer("runs", 20, 0, kMostRuns)};
  const std::vector<NamedRecipe> recipes =
      RecipesFromJson(ReadTextFile(invocation.Value("recipes")));
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const LabelledSamples samples(invocation, model);
  const TryReport report = TryAll(
      model, recipes, samples.folder().size(),
      [&](size_t index) { return samples.folder().Read(index); }, samples.labels(), options,
      invocation.monitor);
  return invocation.json ? ToJson(report) + "\n" : TextOf(report);
}

}  // namespace

QUANTAB_REGISTER(commands, try) { r.Add({.name = "try", .run = Run}); }

}  // namespace quantab
