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
  for (const TriedRecipe& trial : report.trials) {
    if (!trial.error) rows.push_back(Row(trial.name, trial.figures, trial.best));
  }
  return Table(rows);
}

// How many recipes failed, and a line for each of them; empty when none did.
std::string FailuresOf(const TryReport& report) {
  size_t failed = 0;
  std::string lines;
  for (const TriedRecipe& trial : report.trials) {
    if (!trial.error) continue;
    ++failed;
    lines += "\n'" + trial.name + "': " + trial.error->message();
  }
  if (failed == 0) return "";
  return std::to_string(failed) + " of " + std::to_string(report.trials.size()) +
         (report.trials.size() == 1 ? " recipe" : " recipes") + " failed." + lines;
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
  const std::string result = invocation.json ? ToJson(report) + "\n" : TextOf(report);
  const std::string failures = FailuresOf(report);
  if (!failures.empty()) throw PartFailed(result, failures);
  return result;
}

}  // namespace

QUANTAB_REGISTER(commands, try) { r.Add({.name = "try", .run = Run}); }

}  // namespace quantab
