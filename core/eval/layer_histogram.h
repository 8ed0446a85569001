// How the values of a float model are spread, and those of its quantized form beside them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// Of one model's values.
struct Distribution {
  int64_t elements = 0;
  int64_t not_finite = 0;  // NaN and infinities, which are in no bin
  double min = 0, max = 0;
  std::vector<int64_t> counts;  // in the bins of the LayerHistogram
};

struct ValueRange {
  double min = 0, max = 0;
};

struct LayerHistogram {
  std::string name;  // in the float model
  bool weight = false;
  double min = 0, max = 0;  // of both; the bins are equal ones from min to max (core/eval/bins.h)
  Distribution reference, quantized;  // quantized values are dequantized
  // What the integers, or small floats, can stand for; absent where they have several scales, and
  // where the value itself is not quantized, as in the dynamic form.
  std::optional<ValueRange> limits;
  // Elements of the float model beyond the limits by more than rounding, each by its own scale;
  // absent where the value is not quantized.
  std::optional<int64_t> clipped;
};

// Values are matched as a LayerComparer does, and weights as WeightPairs does. Both models run as
// their files say, one after the other, and as far as the last value that is looked at. Nothing is
// kept of a run but extremes and counts: the first pass over the samples finds the bins, the second
// fills them. Weights are read twice, in pieces.
class HistogramComparer {
 public:
  // `names` are of values and weights of the float model; one that is given twice counts once.
  // Reports weights as "prepare". Throws Error(kInvalidArgument) for a name that has no counterpart
  // and for `bins` below 1 or beyond kMostHistogramBins, Error(kUnsupported) for a model that
  // cannot be run.
  HistogramComparer(const Model& reference, const Model& quantized,
                    const std::vector<std::string>& names, int bins, Monitor* monitor);
  ~HistogramComparer();

  // How often all samples have to be given: twice, or not at all for weights.
  int passes() const;

  // Throws Error(kInvalidArgument) for a sample that does not fit the inputs of both models, and
  // for a value that is not of floats.
  void Add(const TensorMap& sample);

  // Ends a pass. Returns whether another one, of the same samples, is needed. Throws
  // Error(kInvalidArgument) when there was no sample.
  bool NextPass();

  // In the order of the names. Throws Error(kInvalidArgument) when passes are missing.
  std::vector<LayerHistogram> Result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
