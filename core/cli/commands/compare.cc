// quantab compare FLOAT QUANT --data DIR: how far apart two forms of a model are.
#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

constexpr const char* kColumns[] = {"mse",     "mean_relative_error", "max_abs_error", "cosine",
                                    "sqnr_db", "top1_agreement"};

std::string Run(const Invocation& invocation) {
  const Model reference = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const Model test = OpenModelFile(invocation.positionals[1], invocation.monitor);
  const SampleFolder samples(invocation.Value("data"), InputsOf(reference));
  Comparer comparer(reference, test, invocation.monitor);
  for (size_t i = 0; i < samples.size(); ++i) {
    comparer.Add(samples.Read(i));
    Report(invocation.monitor, "compare", i + 1, samples.size());
  }
  const Comparison comparison = comparer.Result();
  if (invocation.json) return ToJson(comparison) + "\n";
  std::vector<std::vector<std::string>> table = {{"output"}};
  table[0].insert(table[0].end(), std::begin(kColumns), std::end(kColumns));
  for (const OutputComparison& output : comparison.outputs) {
    std::vector<std::string> row = {output.name};
    for (const char* column : kColumns) {
      const auto found = output.metrics.find(column);
      row.push_back(found == output.metrics.end() ? "-" : HumanNumber(found->second));
    }
    table.push_back(std::move(row));
  }
  return "samples  " + std::to_string(comparison.samples) + "\n" + Table(table);
}

}  // namespace

QUANTAB_REGISTER(commands, compare) { r.Add({.name = "compare", .run = Run}); }

}  // namespace quantab
