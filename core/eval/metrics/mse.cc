// Mean squared error: mean((a - b)^2) over all elements of all samples.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

class MeanSquaredError final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    for (size_t i = 0; i < pair.reference.size(); ++i) {
      const double difference = pair.reference[i] - pair.test[i];
      sum_ += difference * difference;
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

QUANTAB_REGISTER(metrics, mse) {
  r.Add({.name = "mse", .help = "Mean squared error.", .make = []() -> std::unique_ptr<Metric> {
           return std::make_unique<MeanSquaredError>();
         }});
}

}  // namespace quantab
