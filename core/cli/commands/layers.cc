// quantab layers FLOAT QUANT --calibration-data DIR: which layers of a quantized model are how far
// off, and which of them are to blame.
#include <cmath>

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// An end of a range, if it has one.
std::string End(double value) { return std::isfinite(value) ? HumanNumber(value) : "-"; }

std::string LayerTable(const std::vector<LayerFigures>& layers) {
  Rows rows = {{"value", "op", "own_sqnr_db", "own_max_abs_error", "sqnr_db", "max_abs_error",
                "cosine", "min", "max"}};
  for (const LayerFigures& layer : layers) {
    const ErrorFigures& all = layer.accumulated;
    rows.push_back({layer.name, layer.op_type.empty() ? "input" : layer.op_type,
                    layer.own ? HumanNumber(layer.own->sqnr_db) : "-",
                    layer.own ? HumanNumber(layer.own->max_abs_error) : "-",
                    HumanNumber(all.sqnr_db), HumanNumber(all.max_abs_error),
                    HumanNumber(all.cosine), End(layer.min), End(layer.max)});
  }
  return Table(rows);
}

std::string SchemeOf(const WeightFigures& weight) {
  std::string scheme = weight.scheme;
  if (weight.axis) scheme += " " + std::to_string(*weight.axis);
  if (weight.block_size > 0) scheme += "/" + std::to_string(weight.block_size);
  return scheme;
}

std::string WeightTable(const std::vector<WeightFigures>& weights) {
  Rows rows = {
      {"weight", "type", "scheme", "sqnr_db", "max_abs_error", "saturated", "before", "after"}};
  for (const WeightFigures& weight : weights) {
    rows.push_back({weight.name, weight.type, SchemeOf(weight), HumanNumber(weight.sqnr_db),
                    HumanNumber(weight.max_abs_error), HumanNumber(weight.saturated),
                    HumanBytes(weight.bytes_before), HumanBytes(weight.bytes_after)});
  }
  return Table(rows);
}

std::string Run(const Invocation& invocation) {
  const Model reference = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const Model quantized = OpenModelFile(invocation.positionals[1], invocation.monitor);
  const SampleFolder samples(invocation.Value("calibration_data"), InputsOf(reference));
  LayerReporter reporter(reference, quantized, invocation.monitor);
  for (size_t i = 0; i < samples.size(); ++i) {
    reporter.Add(samples.Read(i));
    Report(invocation.monitor, "compare", i + 1, samples.size());
  }
  const LayerReport report = reporter.Result();
  if (invocation.json) return ToJson(report) + "\n";
  std::string text =
      "samples  " + std::to_string(report.samples) + "\n" + LayerTable(report.layers);
  if (!report.weights.empty()) text += "\n" + WeightTable(report.weights);
  return text;
}

}  // namespace

QUANTAB_REGISTER(commands, layers) { r.Add({.name = "layers", .run = Run}); }

}  // namespace quantab
