// quantab sensitivity MODEL --calibration-data DIR: what it costs to quantize each node alone.
#include "core/api/sensitivity.h"

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/judging.h"

namespace quantab {
namespace {

std::string TextOf(const SensitivityReport& report) {
  std::vector<std::vector<std::string>> rows = {{"node", "op", report.metric, "max_abs_error"}};
  for (const NodeSensitivity& node : report.nodes) {
    rows.push_back({node.node, node.op_type, FigureText(node.value, node.max_abs_error),
                    HumanNumber(node.max_abs_error)});
  }
  return "samples  " + std::to_string(report.samples) + "\n" + Table(rows);
}

std::string Run(const Invocation& invocation) {
  const Recipe recipe = JudgedRecipe(invocation);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const LabelledSamples samples(invocation, model);
  SensitivityMeter meter(model, recipe, {.metric = invocation.Value("metric", "sqnr_db")},
                         invocation.monitor);
  int64_t pass = 0;
  do {
    samples.ForEach(invocation.monitor, {pass++, meter.most_passes()},
                    [&](const TensorMap& sample, std::optional<int64_t> label) {
                      meter.Add(sample, label);
                      return true;
                    });
  } while (meter.NextPass());
  const SensitivityReport report = meter.Result();
  return invocation.json ? ToJson(report) + "\n" : TextOf(report);
}

}  // namespace

QUANTAB_REGISTER(commands, sensitivity) { r.Add({.name = "sensitivity", .run = Run}); }

}  // namespace quantab
