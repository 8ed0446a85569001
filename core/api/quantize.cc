// QuantizeDynamic and StaticQuantizer: the quantizers joined with calibration by the executor.
#include <optional>
#include <utility>

#include "core/api/quantab.h"
#include "core/calib/collector.h"
#include "core/quant/prepare.h"
#include "core/quant/quantization.h"

namespace quantab {

Model QuantizeDynamic(const Model& model, const DynamicOptions& options, Monitor* monitor) {
  return Guard([&] {
    const std::vector<UnsupportedNode> unsupported = FindUnsupported(model);
    if (!unsupported.empty()) {
      Warn(monitor, DescribeUnsupported(unsupported) +
                        ". The model is quantized all the same, but it cannot run here.");
    }
    return Quantization(model, ToStaticOptions(options), monitor).Run(TensorRanges(), monitor);
  });
}

namespace {

CalibSettings CalibSettingsOf(const StaticOptions& options) {
  return {.symmetric = options.calib_tensor_range_symmetric,
          .moving_average = options.calib_moving_average,
          .averaging_constant = options.calib_moving_average_constant,
          .chunk = options.calib_strided_min_max,
          .percentile = options.calib_percentile,
          .num_bins = options.calib_num_bins,
          .num_quantized_bins = options.calib_num_quantized_bins,
          .scenario = options.calib_scenario,
          .per_channel = options.calib_per_channel};
}

}  // namespace

struct StaticQuantizer::Impl {
  Impl(const Model& source, const StaticOptions& options, Monitor* m)
      : quantization(source, options, m),
        collector(options.calibrate_method, CalibSettingsOf(options),
                  quantization.TensorsToCalibrate()),
        monitor(m) {
    if (!quantization.NeedsRanges()) {
      ThrowInvalidArgument("'quant_format' is '" + options.quant_format +
                           "', which needs no calibration. Use quantize_dynamic.");
    }
    session.emplace(
        quantization.model(),
        SessionOptions{.lower = false, .reproducible = true, .partial = true, .monitor = monitor});
    if (!session->unsupported().empty()) LeaveUnsupported();
  }

  // Operators that nobody but their maker knows, and what comes after them, cannot be calibrated.
  void LeaveUnsupported() {
    const std::string what = DescribeUnsupported(session->unsupported());
    const bool several = session->unsupported().size() > 1;
    const std::string them = several ? "them" : "it";
    Place place;
    place.node = session->unsupported().front().node;
    if (!quantization.LeaveInFloat(session->missing())) {
      ThrowUnsupported(what + ". Nothing that could be quantized comes before " + them +
                           ". Use quantize_dynamic, which runs no model.",
                       place);
    }
    Warn(monitor, what + ". What comes before " + them + " is calibrated and quantized; " +
                      (several ? "they" : "it") + " and what depends on " + them +
                      " stay in float.");
  }

  Quantization quantization;
  Collector collector;
  Monitor* monitor;
  std::optional<Session> session;
  uint64_t samples = 0;
};

StaticQuantizer::StaticQuantizer(const Model& model, const StaticOptions& options, Monitor* monitor)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, options, monitor); })) {}
StaticQuantizer::~StaticQuantizer() = default;
StaticQuantizer::StaticQuantizer(StaticQuantizer&&) noexcept = default;

void StaticQuantizer::Collect(const TensorMap& sample) {
  Guard([&] {
    if (!impl_->session) {
      ThrowInvalidArgument("The quantizer is finished and takes no more samples.");
    }
    QuietMonitor quiet(impl_->monitor);
    // Outputs of any kind will do: they are not given back.
    impl_->session->RunValues(ValueMap(sample.begin(), sample.end()), &impl_->collector, &quiet);
    ++impl_->samples;
  });
}

Model StaticQuantizer::Finish() {
  return Guard([&] {
    if (impl_->samples == 0) {
      ThrowInvalidArgument(
          "No sample was given, so the ranges of activations are unknown. Give at least one, "
          "better a "
          "hundred, of what the model will see.");
    }
    impl_->session.reset();  // and with it the float weights
    return impl_->quantization.Run(impl_->collector.Ranges(), impl_->monitor);
  });
}

}  // namespace quantab
