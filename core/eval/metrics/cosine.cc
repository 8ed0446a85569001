// Cosine similarity of all elements of all samples taken as one vector: a.b / (|a| |b|); 1 when
// both are zero, 0 when one is.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

class Cosine final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    for (size_t i = 0; i < pair.reference.size(); ++i) {
      const double a = pair.reference[i];
      const double b = pair.test[i];
      dot_ += a * b;
      aa_ += a * a;
      bb_ += b * b;
    }
    count_ += pair.reference.size();
  }
  std::optional<double> Value() const override {
    if (count_ == 0) return std::nullopt;
    if (aa_ == 0 && bb_ == 0) return 1.0;
    if (aa_ == 0 || bb_ == 0) return 0.0;
    return dot_ / (std::sqrt(aa_) * std::sqrt(bb_));
  }

 private:
  double dot_ = 0, aa_ = 0, bb_ = 0;
  size_t count_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, cosine) {
  r.Add({.name = "cosine",
         .help = "Cosine of the angle between the outputs.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<Cosine>(); },
         .larger_is_better = true});
}

}  // namespace quantab
