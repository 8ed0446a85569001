// Share of rows (the last dimension) whose largest element is at the same place in both outputs.
// Applies to floating-point outputs of rank 1 or more whose rows have more than one element (see
// RowLengthOf).
#include <algorithm>

#include "core/eval/rows.h"

namespace quantab {
namespace {

class Top1Agreement final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    const size_t length = RowLengthOf(pair);
    if (length == 0) return;
    ForEachRow(pair, length, [&](std::span<const double> a, std::span<const double> b) {
      ++rows_;
      if (ArgMax(a) == ArgMax(b)) ++same_;
    });
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
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<Top1Agreement>(); },
         .larger_is_better = true});
}

}  // namespace quantab
