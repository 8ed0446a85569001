// quantab compare FLOAT QUANT --data DIR: how far apart two forms of a model are.
#include <algorithm>

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/labels.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

struct Column {
  const char* name;
  bool always;  // shown also where no output has such a figure
};
constexpr Column kColumns[] = {{"mse", true},
                               {"mean_relative_error", true},
                               {"max_abs_error", true},
                               {"cosine", true},
                               {"sqnr_db", true},
                               {"kl_divergence", false},
                               {"top1_agreement", true},
                               {"top5_agreement", false},
                               {"top1_accuracy", false},
                               {"reference_top1_accuracy", false},
                               {"top5_accuracy", false},
                               {"reference_top5_accuracy", false}};

std::string TextOf(const Comparison& comparison) {
  std::vector<std::vector<std::string>> table = {{"output"}};
  for (const OutputComparison& output : comparison.outputs) table.push_back({output.name});
  for (const Column& column : kColumns) {
    const bool any = std::any_of(
        comparison.outputs.begin(), comparison.outputs.end(),
        [&](const OutputComparison& output) { return output.metrics.contains(column.name); });
    if (!any && !column.always) continue;
    table[0].emplace_back(column.name);
    for (size_t i = 0; i < comparison.outputs.size(); ++i) {
      const auto& metrics = comparison.outputs[i].metrics;
      const auto found = metrics.find(column.name);
      table[i + 1].push_back(found == metrics.end() ? "-" : HumanNumber(found->second));
    }
  }
  return "samples  " + std::to_string(comparison.samples) + "\n" + Table(table);
}

std::string Run(const Invocation& invocation) {
  const Model reference = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const Model test = OpenModelFile(invocation.positionals[1], invocation.monitor);
  const SampleFolder samples(invocation.Value("data"), InputsOf(reference));
  std::vector<int64_t> labels;
  if (invocation.Has("labels")) labels = ReadLabels(invocation.Value("labels"), samples.Names());
  Comparer comparer(reference, test, invocation.monitor);
  for (size_t i = 0; i < samples.size(); ++i) {
    comparer.Add(samples.Read(i),
                 labels.empty() ? std::optional<int64_t>() : std::optional<int64_t>(labels[i]));
    Report(invocation.monitor, "compare", i + 1, samples.size());
  }
  const Comparison comparison = comparer.Result();
  return invocation.json ? ToJson(comparison) + "\n" : TextOf(comparison);
}

}  // namespace

QUANTAB_REGISTER(commands, compare) { r.Add({.name = "compare", .run = Run}); }

}  // namespace quantab
