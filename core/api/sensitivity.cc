#include "core/api/sensitivity.h"

#include <utility>

#include "core/api/node_quantizer.h"
#include "core/api/quantab.h"
#include "core/eval/metric.h"

namespace quantab {
namespace {

// Says what cannot run before anything does.
void RequireRunnable(const Model& model) {
  if (!FindUnsupported(model).empty()) const Session trial(model);
}

}  // namespace

struct SensitivityMeter::Impl {
  Impl(const Model& source, const Recipe& recipe, const SensitivityOptions& given, Monitor* m)
      : options(given), monitor(m) {
    MetricRegistry::Get().Find(options.metric);
    RequireRunnable(source);
    const Model model = PreProcess(source, recipe, monitor);
    nodes.emplace(model, recipe, monitor);
    limits.weight_budget = options.weight_budget;
    most_passes = SensitivityScan::MostPasses(nodes->reference(), nodes->candidates(), limits);
    if (recipe.method == RecipeMethod::kStatic) {
      quantizer.emplace(model, recipe.static_options, monitor);
      most_passes += quantizer->passes();
    } else {
      BeginScan();
    }
  }

  void BeginScan() {
    scan.emplace(nodes->reference(), nodes->Candidates(ranges), options.metric, limits, monitor);
  }

  bool NextPass() {
    if (samples == 0) {
      ThrowInvalidArgument("There was no sample to measure on. Give at least one.");
    }
    samples = 0;
    if (!quantizer) {
      done = !scan->NextPass();
      return !done;
    }
    if (++pass < quantizer->passes()) {
      quantizer->NextPass();
      return true;
    }
    ranges = std::make_shared<const TensorRanges>(quantizer->Ranges());
    quantizer.reset();
    BeginScan();
    return true;
  }

  SensitivityOptions options;
  Monitor* monitor;
  ScanLimits limits;
  int64_t most_passes = 0;
  std::optional<NodeQuantizer> nodes;
  std::optional<StaticQuantizer> quantizer;  // until the ranges are known
  int pass = 0;
  std::shared_ptr<const TensorRanges> ranges = std::make_shared<const TensorRanges>();
  std::optional<SensitivityScan> scan;
  int64_t samples = 0;  // of the present pass
  bool done = false;
};

SensitivityMeter::SensitivityMeter(const Model& model, const Recipe& recipe,
                                   const SensitivityOptions& options, Monitor* monitor)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, recipe, options, monitor); })) {}
SensitivityMeter::~SensitivityMeter() = default;
SensitivityMeter::SensitivityMeter(SensitivityMeter&&) noexcept = default;

int64_t SensitivityMeter::most_passes() const { return impl_->most_passes; }

int64_t SensitivityMeter::candidates() const {
  return static_cast<int64_t>(impl_->nodes->candidates());
}

void SensitivityMeter::Add(const TensorMap& sample, std::optional<int64_t> label) {
  Guard([&] {
    if (impl_->quantizer) {
      impl_->quantizer->Collect(sample);
    } else {
      impl_->scan->Add(sample, label);
    }
    ++impl_->samples;
  });
}

bool SensitivityMeter::NextPass() {
  return Guard([&] { return impl_->NextPass(); });
}

SensitivityReport SensitivityMeter::Result() const {
  return Guard([&] {
    if (!impl_->done) {
      ThrowInvalidArgument("The samples have to be given again: not all nodes are measured yet.");
    }
    SensitivityReport report = impl_->scan->Result();
    if (report.nodes.empty()) {
      ThrowInvalidArgument(
          "Nothing in this model would be quantized. Choose other options, or another model.");
    }
    return report;
  });
}

const TensorRanges& SensitivityMeter::ranges() const { return *impl_->ranges; }

SensitivityReport MeasureSensitivity(const Model& model, size_t samples, const SampleSource& sample,
                                     const Recipe& recipe, const SensitivityOptions& options,
                                     Monitor* monitor) {
  SensitivityMeter meter(model, recipe, options, monitor);
  const uint64_t total = samples * static_cast<uint64_t>(meter.most_passes());
  uint64_t done = 0;
  do {
    for (size_t i = 0; i < samples; ++i) {
      meter.Add(sample(i));
      Report(monitor, "compare", ++done, total);
    }
  } while (meter.NextPass());
  return meter.Result();
}

}  // namespace quantab
