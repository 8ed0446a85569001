#include "core/calib/histogram_statistic.h"

#include <algorithm>
#include <utility>

namespace quantab {

size_t HistogramStatistic::CollectionOf(int64_t sample) const {
  return chunk_ ? static_cast<size_t>(sample / *chunk_) : 0;
}

void HistogramStatistic::Look(const Tensor& tensor) {
  uint64_t infinities = 0;  // counted by Add
  Include(FindElementBounds(tensor.span<float>(), infinities));
}

void HistogramStatistic::Include(const ElementBounds& sample) {
  const size_t collection = CollectionOf(looked_++);
  if (collection >= bounds_.size()) bounds_.emplace_back();
  bounds_[collection].Include(sample);
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

void HistogramStatistic::TakeLooks(StatisticWriter& out) {
  out.PutAll(std::exchange(bounds_, {}));
  looked_ = 0;
}

void HistogramStatistic::MergeLooks(StatisticReader& in) {
  for (const ElementBounds& sample : in.GetAll<ElementBounds>()) Include(sample);
}

void HistogramStatistic::TakeAdds(StatisticWriter& out) {
  out.Put(std::exchange(infinities_, 0));
  out.Put(std::exchange(added_, 0));
  out.PutAll(histogram_.TakeCounts());
}

void HistogramStatistic::MergeAdds(StatisticReader& in) {
  infinities_ += in.Get<uint64_t>();
  const auto added = in.Get<int64_t>();
  const auto counts = in.GetAll<int64_t>();
  if (added == 0) return;
  if (added_ == 0 && !bounds_.empty()) histogram_.Prepare(bounds_.front());
  if (!histogram_.AddCounts(counts)) StatisticReader::Refuse();
  added_ += added;
}

std::optional<TensorRange> HistogramStatistic::Range() const {
  const std::vector<int64_t>& counts = histogram_.counts();
  if (std::all_of(counts.begin(), counts.end(), [](int64_t count) { return count == 0; })) {
    return std::nullopt;
  }
  return RangeBy(histogram_);
}

}  // namespace quantab
