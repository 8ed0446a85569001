// Signal to quantization noise ratio in decibels: 20 log10(|a| / |a - b|) over all elements of all
// samples, as onnxruntime's qdq_loss_debug defines it. Infinite when the outputs are equal.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

class Sqnr final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    for (size_t i = 0; i < pair.reference.size(); ++i) {
      const double a = pair.reference[i];
      const double noise = a - pair.test[i];
      signal_ += a * a;
      noise_ += noise * noise;
    }
    count_ += pair.reference.size();
  }
  std::optional<double> Value() const override {
    if (count_ == 0) return std::nullopt;
    if (noise_ == 0) return std::numeric_limits<double>::infinity();
    return 10.0 * std::log10(signal_ / noise_);
  }

 private:
  double signal_ = 0, noise_ = 0;
  size_t count_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, sqnr_db) {
  r.Add({.name = "sqnr_db",
         .help = "Signal to quantization noise ratio in dB.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<Sqnr>(); },
         .larger_is_better = true});
}

}  // namespace quantab
