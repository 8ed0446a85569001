// Mean relative error: mean(|a - b| / max(|a|, 1e-6)). The floor keeps elements that are zero in
// the reference from being infinitely wrong.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

constexpr double kFloor = 1e-6;

class MeanRelativeError final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    for (size_t i = 0; i < pair.reference.size(); ++i) {
      const double a = pair.reference[i];
      sum_ += std::abs(a - pair.test[i]) / std::max(std::abs(a), kFloor);
    }
    count_ += pair.reference.size();
  }
  std::optional<double> Value() const override {
    if (count_ == 0) return std::nullopt;
    return sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  size_t count_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, mean_relative_error) {
  r.Add(
      {.name = "mean_relative_error",
       .help = "Mean of |a - b| / |a|.",
       .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MeanRelativeError>(); }});
}

}  // namespace quantab
