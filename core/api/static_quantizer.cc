// StaticQuantizer: the steps of quantize_static in their order, each fed with the same samples.
//   1. cross-layer equalization     needs no samples
//   2. SmoothQuant                  one pass over the samples, for the channels' maxima
//   3. calibration                  one pass or two, and for bias correction the channels' means
//   4. bias correction              needs no more samples
//   5. quantization
#include <algorithm>
#include <optional>
#include <utility>

#include "core/api/calibration_cache.h"
#include "core/api/quantab.h"
#include "core/calib/channel_statistics.h"
#include "core/calib/collector.h"
#include "core/passes/fix_initializers.h"
#include "core/quant/bias_correction.h"
#include "core/quant/config.h"
#include "core/quant/equalize.h"
#include "core/quant/quantization.h"
#include "core/quant/smooth_quant.h"

namespace quantab {
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

// Shows each tensor to two observers.
class Both final : public Observer {
 public:
  Both(Observer& a, Observer& b) : a_(a), b_(b) {}
  bool Wants(const std::string& value) override { return a_.Wants(value) || b_.Wants(value); }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    if (a_.Wants(value)) a_.OnTensor(value, tensor);
    if (b_.Wants(value)) b_.OnTensor(value, tensor);
  }

 private:
  Observer& a_;
  Observer& b_;
};

SessionOptions CalibrationSession(Monitor* monitor) {
  return {.lower = false, .reproducible = true, .partial = true, .monitor = monitor};
}

void RequireRanges(const Quantization& quantization, const StaticOptions& options) {
  if (quantization.NeedsRanges()) return;
  ThrowInvalidArgument("'quant_format' is '" + options.quant_format +
                       "', which needs no calibration. Use quantize_dynamic.");
}

// The steps before quantization take weights for constants, as quantization itself does.
void FixWeights(Model& model, const StaticOptions& options, Monitor* monitor) {
  if (!options.cross_layer_equalization && !options.smooth_quant && !options.bias_correction) {
    return;
  }
  const int fixed = FixInitializers(*model.proto.mutable_graph());
  if (fixed == 0) return;
  Warn(monitor, std::to_string(fixed) +
                    " initializers among the model's inputs were made constants, so that weights "
                    "can be changed before they are quantized.");
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

struct StaticQuantizer::Impl {
  Impl(const Model& source, StaticOptions given, Monitor* m, SampleAccess access)
      : model(source), options(ApplyConfig(source, std::move(given), m)), monitor(m) {
    // What is wrong with the options is said before any work.
    RequireRanges(Quantization(model, options), options);
    const Collector calibration(options.calibrate_method, CalibSettingsOf(options), {});
    FixWeights(model, options, monitor);
    if (options.cross_layer_equalization) EqualizeCrossLayers(model);
    repeated = access == SampleAccess::kRepeated;
    if (options.smooth_quant && !repeated) {
      ThrowInvalidArgument(
          "'smooth_quant' needs the samples twice, but these can be read only once. Give a list.");
    }
    passes = (repeated ? calibration.passes() : 1) + (options.smooth_quant ? 1 : 0);
    if (options.smooth_quant) {
      BeginSmoothing();
    } else {
      BeginCalibration();
    }
  }

  bool IsSmoothed(const onnx::NodeProto& node) const {
    const auto& types = options.op_types_to_quantize;
    const auto& nodes = options.nodes_to_quantize;
    return (types.empty() || Contains(types, node.op_type())) &&
           (nodes.empty() || Contains(nodes, node.name())) &&
           !Contains(options.nodes_to_exclude, node.name());
  }

  void BeginSmoothing() {
    channels.emplace(SmoothableActivations(
        model, [this](const onnx::NodeProto& node) { return IsSmoothed(node); }));
    session.emplace(model, CalibrationSession(monitor));
  }

  void FinishSmoothing() {
    session.reset();
    const std::vector<std::string> added = SmoothActivations(
        model, channels->Maxima(),
        {.alpha = options.smooth_quant_alpha, .folding = options.smooth_quant_folding},
        [this](const onnx::NodeProto& node) { return IsSmoothed(node); }, monitor);
    channels.reset();
    for (const auto* names : {&options.nodes_to_exclude, &options.nodes_to_quantize}) {
      for (const std::string& name : *names) {
        if (added.empty() || !name.starts_with('#')) continue;
        ThrowInvalidArgument("'smooth_quant' adds nodes, so '" + name +
                             "' does not say which node is meant. Give names.");
      }
    }
    options.nodes_to_exclude.insert(options.nodes_to_exclude.end(), added.begin(), added.end());
  }

  void BeginCalibration() {
    quantization.emplace(model, options, monitor);
    collector.emplace(options.calibrate_method, CalibSettingsOf(options),
                      quantization->TensorsToCalibrate());
    if (repeated) collector->StartPass(1);
    if (options.bias_correction) {
      channels.emplace(CorrectedActivations(quantization->model()));
    }
    session.emplace(quantization->model(), CalibrationSession(monitor));
    if (!session->unsupported().empty()) LeaveUnsupported();
  }

  // Operators that nobody but their maker knows, and what comes after them, cannot be calibrated.
  void LeaveUnsupported() {
    const std::string what = DescribeUnsupported(session->unsupported());
    const bool several = session->unsupported().size() > 1;
    const std::string them = several ? "them" : "it";
    Place place;
    place.node = session->unsupported().front().node;
    if (!quantization->LeaveInFloat(session->missing())) {
      ThrowUnsupported(what + ". Nothing that could be quantized comes before " + them +
                           ". Use quantize_dynamic, which runs no model.",
                       place);
    }
    Warn(monitor, what + ". What comes before " + them + " is calibrated and quantized; " +
                      (several ? "they" : "it") + " and what depends on " + them +
                      " stay in float.");
  }

  void Collect(const TensorMap& sample) {
    QuietMonitor quiet(monitor);
    // Outputs of any kind will do: they are not given back.
    const ValueMap feeds(sample.begin(), sample.end());
    if (collector && channels && first_of_calibration) {
      Both both(*collector, *channels);
      session->RunValues(feeds, &both, &quiet);
    } else if (collector) {
      session->RunValues(feeds, &*collector, &quiet);
    } else {
      session->RunValues(feeds, &*channels, &quiet);
    }
    ++samples;
  }

  void NextPass() {
    if (++pass >= passes) ThrowInvalidArgument("All passes over the samples are done.");
    samples = 0;
    if (!collector) {
      FinishSmoothing();
      BeginCalibration();
    } else {
      first_of_calibration = false;
      collector->StartPass(1 + pass - (options.smooth_quant ? 1 : 0));
    }
  }

  bool Shareable() const {
    return !options.smooth_quant && !options.bias_correction && !options.calib_strided_min_max &&
           (repeated || collector->passes() == 1);
  }

  Model Finish() {
    session.reset();  // and with it the float weights
    const TensorRanges ranges = collector->Ranges(monitor);
    Model quantized = quantization->Run(ranges, monitor);
    if (!options.bias_correction) return quantized;
    CorrectBiases(model, quantized, channels->Means(), monitor);
    return Quantization(model, options).Run(ranges);
  }

  Model model;
  StaticOptions options;
  Monitor* monitor;
  bool repeated = true;
  int passes = 1;
  int pass = 0;
  bool first_of_calibration = true;
  uint64_t samples = 0;
  std::optional<Quantization> quantization;
  std::optional<Collector> collector;
  std::optional<ChannelStatistics> channels;
  std::optional<Session> session;
};

StaticQuantizer::StaticQuantizer(const Model& model, const StaticOptions& options, Monitor* monitor,
                                 SampleAccess access)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, options, monitor, access); })) {}
StaticQuantizer::~StaticQuantizer() = default;
StaticQuantizer::StaticQuantizer(StaticQuantizer&&) noexcept = default;

int StaticQuantizer::passes() const { return impl_->passes; }

void StaticQuantizer::Collect(const TensorMap& sample) {
  Guard([&] {
    if (!impl_->session) {
      ThrowInvalidArgument("The quantizer is finished and takes no more samples.");
    }
    impl_->Collect(sample);
  });
}

namespace {

[[noreturn]] void ThrowNoSample() {
  ThrowInvalidArgument(
      "No sample was given, so the ranges of activations are unknown. Give at least one, better a "
      "hundred, of what the model will see.");
}

}  // namespace

bool StaticQuantizer::Shareable() const {
  return Guard([&] { return impl_->Shareable(); });
}

std::vector<std::byte> StaticQuantizer::TakeStatistics() {
  return Guard([&] {
    if (!impl_->collector) ThrowInvalidArgument("The quantizer cannot be shared.");
    impl_->samples = 0;
    return impl_->collector->TakeStatistics();
  });
}

void StaticQuantizer::MergeStatistics(std::span<const std::byte> statistics) {
  Guard([&] {
    if (!impl_->collector) ThrowInvalidArgument("The quantizer cannot be shared.");
    impl_->collector->MergeStatistics(statistics);
    ++impl_->samples;
  });
}

void StaticQuantizer::NextPass() {
  Guard([&] {
    if (impl_->samples == 0) ThrowNoSample();
    impl_->NextPass();
  });
}

TensorRanges StaticQuantizer::Ranges() const {
  return Guard([&] {
    if (impl_->samples == 0) ThrowNoSample();
    if (impl_->pass + 1 < impl_->passes) {
      ThrowInvalidArgument("The samples have to be given " + std::to_string(impl_->passes) +
                           " times before the ranges are known.");
    }
    return impl_->collector->Ranges();
  });
}

Model StaticQuantizer::Finish() {
  return Guard([&] {
    Ranges();
    return impl_->Finish();
  });
}

Model QuantizeStatic(const Model& model, const StaticOptions& options, const TensorRanges& ranges,
                     Monitor* monitor) {
  return Guard([&] {
    for (const auto& [name, wanted] : {std::pair("smooth_quant", options.smooth_quant),
                                       std::pair("bias_correction", options.bias_correction)}) {
      if (wanted) {
        ThrowInvalidArgument("'" + std::string(name) +
                             "' needs samples; ranges alone are not enough.");
      }
    }
    if (!ranges.method.empty() && ranges.method != options.calibrate_method) {
      ThrowInvalidArgument("The ranges were found by '" + ranges.method +
                           "', but 'calibrate_method' is '" + options.calibrate_method +
                           "'. Measure anew, or choose that method.");
    }
    const StaticOptions configured = ApplyConfig(model, options, monitor);
    Model equalized = model;
    FixWeights(equalized, configured, monitor);
    if (configured.cross_layer_equalization) EqualizeCrossLayers(equalized);
    const Quantization quantization(equalized, configured, monitor);
    RequireRanges(quantization, configured);
    return quantization.Run(ranges, monitor);
  });
}

TensorRanges ReadRanges(std::string_view text) {
  return Guard([&] {
    const size_t first = text.find_first_not_of(" \t\r\n");
    const bool json = first != std::string_view::npos && text[first] == '{';
    return json ? RangesFromCalibrationCache(text) : RangesFromText(text);
  });
}

}  // namespace quantab
