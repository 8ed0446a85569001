// Largest absolute error: max(|a - b|). NaN in either model's output makes it NaN.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

class MaxAbsError final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    for (size_t i = 0; i < pair.reference.size(); ++i) {
      const double difference = std::abs(pair.reference[i] - pair.test[i]);
      if (std::isnan(difference) || difference > max_) max_ = difference;
    }
    count_ += pair.reference.size();
  }
  std::optional<double> Value() const override {
    if (count_ == 0) return std::nullopt;
    return max_;
  }

 private:
  double max_ = 0;
  size_t count_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, max_abs_error) {
  r.Add({.name = "max_abs_error",
         .help = "Largest |a - b|.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MaxAbsError>(); }});
}

}  // namespace quantab
