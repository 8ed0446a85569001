// Which nodes of a model it costs how much to quantize.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/api/recipe.h"
#include "core/base/monitor.h"
#include "core/calib/tensor_ranges.h"
#include "core/eval/auto_mixed_precision.h"
#include "core/eval/sensitivity_figures.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct SensitivityOptions {
  // A name of core/eval/metrics. Of several outputs the worst counts.
  std::string metric = "sqnr_db";
  // Bytes of float weights that the nodes measured in one pass over the samples may read together.
  // What they are changes the number of passes and no result.
  uint64_t weight_budget = uint64_t{256} << 20;
};

// Sample by sample:
//
//   SensitivityMeter meter(model, recipe);
//   do {
//     for (const TensorMap& sample : samples) meter.Add(sample);
//   } while (meter.NextPass());
//   SensitivityReport report = meter.Result();
//
// Each node that the recipe would quantize is quantized alone, with ranges of activations that are
// measured once on all samples, and the outputs are compared with the float model's. The float
// model runs once for each sample of a pass; of a node's trial only what comes after the node does.
// Held at a time is what a run of the float model has alive, what the nodes that are measured in
// the pass still need of it, and their weights: no activation is kept from one sample to the next.
class SensitivityMeter {
 public:
  // `recipe` is one for quantize_static, quantize_dynamic, quantize_matmul_nbits or
  // quantize_matmul_bnb4; its pre-processing is done first, and a conversion to float16 that it
  // has beside its method is left out.
  // Throws Error(kInvalidArgument) for another one, for options that are wrong or that look at
  // samples ('smooth_quant', 'bias_correction') and for an unknown metric, Error(kUnsupported) for
  // a model that cannot be run.
  explicit SensitivityMeter(const Model& model, const Recipe& recipe,
                            const SensitivityOptions& options = {}, Monitor* monitor = nullptr);
  ~SensitivityMeter();
  SensitivityMeter(SensitivityMeter&&) noexcept;

  // How often all samples have to be given, at most.
  int64_t most_passes() const;

  // How many nodes the recipe asks for. Some may turn out to stay as they are.
  int64_t candidates() const;

  // `label` is the sample's class, counted from 0, for metrics of accuracy. Reports no progress:
  // the caller knows how many samples there are. Throws Error(kInvalidArgument) for a sample that
  // does not fit, and for outputs whose shape depends on quantization.
  void Add(const TensorMap& sample, std::optional<int64_t> label = {});

  // Ends a pass. Returns whether another one, of the same samples in the same order, is needed.
  // Throws Error(kInvalidArgument) when there was no sample.
  bool NextPass();

  // Throws Error(kInvalidArgument) when passes are missing, when nothing is quantized, and where
  // the metric applies to no output.
  SensitivityReport Result() const;

  // The ranges that were measured; empty but for quantize_static. There after the first passes.
  const TensorRanges& ranges() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same over samples that can be read at will. Progress goes to `monitor` as "compare", in
// samples of all passes that can be needed. Throws as SensitivityMeter does.
SensitivityReport MeasureSensitivity(const Model& model, size_t samples, const SampleSource& sample,
                                     const Recipe& recipe, const SensitivityOptions& options = {},
                                     Monitor* monitor = nullptr);

}  // namespace quantab
