#include "core/calib/histogram_statistic.h"

#include <algorithm>

namespace quantab {

size_t HistogramStatistic::CollectionOf(int64_t sample) const {
  return chunk_ ? static_cast<size_t>(sample / *chunk_) : 0;
}

void HistogramStatistic::Look(const Tensor& tensor) {
  const size_t collection = CollectionOf(looked_++);
  if (collection >= bounds_.size()) bounds_.emplace_back();
  uint64_t infinities = 0;  // counted by Add
  bounds_[collection].Include(FindElementBounds(tensor.span<float>(), infinities));
}

void HistogramStatistic::Add(const Tensor& tensor) {
  const int64_t sample = added_++;
  const size_t collection = CollectionOf(sample);
  const std::span<const float> values = tensor.span<float>();
  const ElementBounds own = FindElementBounds(values, infinities_);
  if (collection >= bounds_.size()) {
    histogram_.Prepare(own);
  } else if (sample == 0 || CollectionOf(sample - 1) != collection) {
    histogram_.Prepare(bounds_[collection]);
  }
  if (own.any()) histogram_.Count(values);
}

std::optional<TensorRange> HistogramStatistic::Range() const {
  const std::vector<int64_t>& counts = histogram_.counts();
  if (std::all_of(counts.begin(), counts.end(), [](int64_t count) { return count == 0; })) {
    return std::nullopt;
  }
  return RangeBy(histogram_);
}

}  // namespace quantab
