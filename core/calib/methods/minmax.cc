// MinMax: the smallest and the largest element over all samples; or, with a moving average, the
// mean of the samples' smallest and the mean of their largest elements.
//
// As in onnxruntime.quantization, all samples count as one collection, whose plain mean the moving
// average begins with; its constant weighs further collections, of which there are none here.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/calib/method.h"

namespace quantab {
namespace {

struct Extremes {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  bool any() const { return min <= max; }
};

Extremes ExtremesOf(std::span<const float> values) {
  Extremes found;
  for (float x : values) {  // comparisons with NaN are false
    found.min = x < found.min ? x : found.min;
    found.max = x > found.max ? x : found.max;
  }
  return found;
}

class MinMax final : public RangeStatistic {
 public:
  explicit MinMax(const CalibSettings& settings) : settings_(settings) {}

  void Add(const Tensor& tensor) override {
    const Extremes sample = ExtremesOf(tensor.span<float>());
    if (!sample.any()) return;
    all_.min = std::min(all_.min, sample.min);
    all_.max = std::max(all_.max, sample.max);
    sum_min_ += sample.min;
    sum_max_ += sample.max;
    ++samples_;
  }

  std::optional<TensorRange> Range() const override {
    if (!all_.any()) return std::nullopt;
    TensorRange range{all_.min, all_.max};
    if (settings_.moving_average) {
      range = {static_cast<float>(sum_min_ / samples_), static_cast<float>(sum_max_ / samples_)};
    }
    if (settings_.symmetric) {
      range.max = std::max(std::fabs(range.min), std::fabs(range.max));
      range.min = -range.max;
    }
    return range;
  }

 private:
  CalibSettings settings_;
  Extremes all_;
  double sum_min_ = 0;
  double sum_max_ = 0;
  int samples_ = 0;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<MinMax>(settings);
}

}  // namespace

QUANTAB_REGISTER(calib_methods, minmax) { r.Add({.name = "MinMax", .make = Make}); }

}  // namespace quantab
