// quantab static MODEL -o OUT --calibration-data DIR: quantize_static.
#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/quantize_result.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const StaticOptions options = StaticOptionsFromJson(invocation.QuantizerOptions());
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const SampleFolder samples(invocation.Value("calibration_data"), InputsOf(model));
  StaticQuantizer quantizer(model, options, invocation.monitor);
  for (size_t i = 0; i < samples.size(); ++i) {
    quantizer.Collect(samples.Read(i));
    Report(invocation.monitor, "calibrate", i + 1, samples.size());
  }
  return WriteQuantized(invocation, model, quantizer.Finish());
}

}  // namespace

QUANTAB_REGISTER(commands, static) { r.Add({.name = "static", .run = Run}); }

}  // namespace quantab
