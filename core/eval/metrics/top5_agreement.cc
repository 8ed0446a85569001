// Share of rows whose largest element in the reference is among the five largest of the other
// output. Applies to floating-point outputs of rank 1 or more with rows of more than 5 elements
// (the last dimension; see RowLengthOf).
#include <algorithm>

#include "core/eval/rows.h"

namespace quantab {
namespace {

constexpr size_t kFew = 5;

class Top5Agreement final : public Metric {
 public:
  void Add(const OutputPair& pair) override {
    const size_t length = RowLengthOf(pair);
    if (length <= kFew) return;
    ForEachRow(pair, length, [&](std::span<const double> a, std::span<const double> b) {
      const auto largest = static_cast<size_t>(std::max_element(a.begin(), a.end()) - a.begin());
      ++rows_;
      if (IsAmongLargest(b, largest, kFew)) ++same_;
    });
  }
  std::optional<double> Value() const override {
    if (rows_ == 0) return std::nullopt;
    return static_cast<double>(same_) / static_cast<double>(rows_);
  }

 private:
  size_t rows_ = 0, same_ = 0;
};

}  // namespace

QUANTAB_REGISTER(metrics, top5_agreement) {
  r.Add({.name = "top5_agreement",
         .help = "Share of rows whose largest element is among the other's five largest.",
         .make = []() -> std::unique_ptr<Metric> { return std::make_unique<Top5Agreement>(); },
         .larger_is_better = true});
}

}  // namespace quantab
