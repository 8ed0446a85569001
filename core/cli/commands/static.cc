// quantab static MODEL -o OUT --calibration-data DIR: quantize_static.
#include <optional>

#include "core/api/calibration_cache.h"
#include "core/api/calibration_table.h"
#include "core/api/files.h"
#include "core/cli/conversion.h"
#include "core/cli/paths.h"
#include "core/cli/samples.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

bool IsJson(const std::string& path) { return path.ends_with(".json"); }

void WriteTables(const Invocation& invocation, const TensorRanges& ranges) {
  if (!invocation.Has("calibration_table")) return;
  const std::string folder = invocation.Value("calibration_table");
  const CalibrationTables tables = ToCalibrationTables(ranges);
  MakeFolder(folder);
  WriteTextFile(InFolder(folder, "calibration.json"), tables.json);
  WriteTextFile(InFolder(folder, "calibration.flatbuffers"), tables.flatbuffers);
  WriteTextFile(InFolder(folder, "calibration.cache"), tables.cache);
}

Model Calibrated(const Invocation& invocation, const Model& model, const StaticOptions& options,
                 const std::string& cache) {
  const SampleFolder samples(invocation.Value("calibration_data"), InputsOf(model));
  StaticQuantizer quantizer(model, options, invocation.monitor);
  const int passes = quantizer.passes();
  const size_t total = samples.size() * static_cast<size_t>(passes);
  size_t done = 0;
  for (int pass = 0; pass < passes; ++pass) {
    if (pass > 0) quantizer.NextPass();
    for (size_t i = 0; i < samples.size(); ++i) {
      quantizer.Collect(samples.Read(i));
      Report(invocation.monitor, "calibrate", ++done, total);
    }
  }
  if (!cache.empty()) {
    const TensorRanges ranges = quantizer.Ranges();
    WriteTextFile(cache, IsJson(cache) ? ToCalibrationCache(ranges) : ToText(ranges));
  }
  WriteTables(invocation, quantizer.Ranges());
  return quantizer.Finish();
}

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kStatic);
  const StaticOptions& options = recipe.static_options;
  const std::string cache = invocation.Value("calibration_cache_path");
  const bool cached = !cache.empty() && FileExists(cache);
  if (!cached && !invocation.Has("calibration_data")) {
    throw UsageError("'--calibration-data' is missing. 'quantab static --help' says what it is.");
  }
  std::optional<TensorRanges> ranges;
  if (cached) {
    ranges = ReadRanges(ReadTextFile(cache));
    WriteTables(invocation, *ranges);
  }
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const Model prepared = PreProcess(model, recipe, invocation.monitor);
  return WriteResult(invocation, recipe, model,
                     ranges ? QuantizeStatic(prepared, options, *ranges, invocation.monitor)
                            : Calibrated(invocation, prepared, options, cache));
}

}  // namespace

QUANTAB_REGISTER(commands, static) { r.Add({.name = "static", .run = Run}); }

}  // namespace quantab
