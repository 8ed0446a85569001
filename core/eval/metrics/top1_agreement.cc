// Share of rows (the last dimension) whose largest element is at the same place in both outputs.
// Applies to floating-point outputs of rank 1 or more whose last dimension exceeds 1; a trailing
// run of dimensions of size 1 ([N,1000,1,1]) is passed over.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/metric.h"

namespace quantab {
namespace {

class Top1Agreement final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    const Shape& shape = *pair.shape;
    size_t rank = shape.size();
    while (rank > 1 && shape[rank - 1] == 1) --rank;
    if (!pair.is_float || rank == 0 || shape[rank - 1] <= 1) return;
    const auto row = static_cast<size_t>(shape[rank - 1]);
    for (size_t at = 0; at + row <= pair.reference.size(); at += row) {
      ++rows_;
      if (ArgMax(pair.reference.subspan(at, row)) == ArgMax(pair.test.subspan(at, row))) ++same_;
    }
  }
  std::optional<double> Value() const override {
    if (rows_ == 0) return std::nullopt;
    return static_cast<double>(same_) / static_cast<double>(rows_);
  }

 private:
  static size_t ArgMax(std::span<const double> row) {
    return static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
  }

  size_t rows_ = 0, same_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, top1_agreement) {
  r.Add({.name = "top1_agreement",
         .help = "Share of rows with the same largest element.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<Top1Agreement>(); }});
}

}  // namespace quantab
