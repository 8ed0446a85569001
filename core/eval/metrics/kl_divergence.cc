// Kullback-Leibler divergence in nats, the mean over rows (the last dimension; see RowLengthOf) of
// sum_i p_i ln(p_i / q_i), where p is the reference's row and q the other's. Applies to outputs
// whose reference rows are all distributions: no element below 0, and a sum within 0.001 of 1.
//
// Rounding leaves sums beside 1 and turns small probabilities into 0 or less: elements of q count
// as 1e-9 at least, and both rows are divided by their sums. The result is then never negative and
// never infinite.
#include <algorithm>
#include <cmath>

#include "core/eval/rows.h"

namespace quantab {
namespace {

constexpr double kSumTolerance = 1e-3;
constexpr double kLeast = 1e-9;

bool IsDistribution(std::span<const double> row) {
  double sum = 0;
  for (const double x : row) {
    if (!(x >= 0)) return false;
    sum += x;
  }
  return std::abs(sum - 1) <= kSumTolerance;
}

double Divergence(std::span<const double> reference, std::span<const double> test) {
  double p_sum = 0, q_sum = 0;
  for (const double x : reference) p_sum += x;
  for (const double x : test) q_sum += std::max(x, kLeast);
  double divergence = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double p = reference[i] / p_sum;
    const double q = std::max(test[i], kLeast) / q_sum;
    if (p > 0) divergence += p * std::log(p / q);
  }
  return divergence;
}

class KlDivergence final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    const size_t length = RowLengthOf(pair);
    applies_ = applies_ && length > 0;
    if (!applies_) return;
    ForEachRow(pair, length, [&](std::span<const double> a, std::span<const double> b) {
      applies_ = applies_ && IsDistribution(a);
      if (applies_) sum_ += Divergence(a, b);
      ++rows_;
    });
  }
  std::optional<double> Value() const override {
    if (!applies_ || rows_ == 0) return std::nullopt;
    return std::max(sum_ / static_cast<double>(rows_), 0.0);
  }

 private:
  bool applies_ = true;
  double sum_ = 0;
  size_t rows_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, kl_divergence) {
  r.Add({.name = "kl_divergence",
         .help = "Kullback-Leibler divergence from distributions, in nats.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<KlDivergence>(); }});
}

}  // namespace quantab
