// quantab suggest MODEL --calibration-data DIR --target X: which nodes to keep in float, or in 16
// bits.
#include "core/api/suggest.h"

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/api/remedy.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/conversion.h"
#include "core/cli/judging.h"

namespace quantab {
namespace {

constexpr int64_t kMostTrials = 10000;
constexpr int64_t kMostRuns = 1000000;

std::vector<std::string> FormRow(const std::string& name, const FormFigures& form) {
  return {name, HumanBytes(form.bytes),
          form.value ? FigureText(*form.value, form.max_abs_error) : "-",
          form.latency ? HumanNumber(form.latency->median_ms) : "-"};
}

std::string TextOf(const Suggestion& found) {
  std::string text = "target   " + found.metric + " " + HumanNumber(found.target) + ", " +
                     (found.met ? "met" : "not met") + ", trials: " + std::to_string(found.trials) +
                     (found.complete ? "" : ", stopped early") + "\n" + "kept     " +
                     std::to_string(found.kept.size()) + " of " + std::to_string(found.considered) +
                     " nodes in " + WordsOf(found.remedy) + "\n";
  text += Table({{"model", "size", found.metric, "median ms"},
                 FormRow("float", found.original),
                 FormRow("all quantized", found.quantized),
                 FormRow("suggested", found.suggested)});
  if (found.kept.empty()) return text;
  std::vector<std::vector<std::string>> rows = {
      {"kept in " + WordsOf(found.remedy), "op", found.metric}};
  for (const NodeSensitivity& node : found.kept) {
    rows.push_back({node.node, node.op_type, FigureText(node.value, node.max_abs_error)});
  }
  return text + "\n" + Table(rows);
}

// The best so far where the user stops the search.
Suggestion Search(const Invocation& invocation, const Model& model, const Recipe& recipe,
                  const SuggestOptions& options) {
  const LabelledSamples samples(invocation, model);
  SuggestSearch search(model, recipe, options, invocation.monitor);
  try {
    int64_t pass = 0;
    bool more = true;
    while (more) {
      samples.ForEach(invocation.monitor, {pass++, search.most_passes()},
                      [&](const TensorMap& sample, std::optional<int64_t> label) {
                        search.Add(sample, label);
                        return true;
                      });
      more = search.NextPass();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled || search.trials() == 0) throw;
  }
  return search.Finish();
}

std::string Run(const Invocation& invocation) {
  const SuggestOptions options = {
      .metric = invocation.Value("metric", "sqnr_db"),
      .target = invocation.Decimal("target"),
      .remedy = invocation.Value("remedy", "float"),
      .max_trials = invocation.Integer("max_trials", 64, 1, kMostTrials),
      .runs = invocation.Integer("runs", 20, 0, kMostRuns)};
  const Recipe recipe = JudgedRecipe(invocation);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const Suggestion found = Search(invocation, model, recipe, options);
  const bool print_recipe = invocation.Flag("print_recipe");
  if (invocation.Has("output")) {
    WriteModelFile(found.model, invocation.Value("output"), {}, nullptr);
  }
  if (!invocation.json) {
    return TextOf(found) +
           (print_recipe ? "\n" + ToJson(found.recipe) + "\n" + ToPython(found.recipe) : "");
  }
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(ToJson(found));
  if (print_recipe) {
    object["recipe"] = nlohmann::ordered_json::parse(ToJson(found.recipe));
    object["python"] = ToPython(found.recipe);
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

QUANTAB_REGISTER(commands, suggest) { r.Add({.name = "suggest", .run = Run}); }

}  // namespace quantab
