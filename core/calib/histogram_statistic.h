// The statistic of the methods that look at a histogram: Entropy, Percentile, Distribution, MSE.
#pragma once

#include "core/calib/histogram.h"
#include "core/calib/method.h"

namespace quantab {

// Bins of a first histogram that may be asked for, and that a grown one may have when fewer were.
inline constexpr int64_t kMostCalibBins = int64_t{1} << 20;
inline constexpr size_t kMostGrownBins = size_t{1} << 20;

// The first histogram's bins.
inline int64_t CalibBins(const CalibSettings& settings, int64_t usual) {
  return settings.num_bins.value_or(usual);
}

class HistogramStatistic : public RangeStatistic {
 public:
  // `bins` and `most_bins` as of Histogram. A collection is `chunk` samples, all when unset.
  HistogramStatistic(Histogram::Kind kind, size_t bins, size_t most_bins,
                     std::optional<int64_t> chunk)
      : histogram_(kind, bins, most_bins), chunk_(chunk) {}

  // Notes the bounds of each collection.
  void Look(const Tensor& tensor) override;
  // Counts. A collection whose bounds are not known by then is one for each sample: what
  // onnxruntime makes of samples given one by one.
  void Add(const Tensor& tensor) override;
  std::optional<TensorRange> Range() const override;

  void TakeLooks(StatisticWriter& out) override;
  void MergeLooks(StatisticReader& in) override;
  void TakeAdds(StatisticWriter& out) override;
  void MergeAdds(StatisticReader& in) override;

 protected:
  // The range by a histogram in which something was counted.
  virtual TensorRange RangeBy(const Histogram& histogram) const = 0;

 private:
  size_t CollectionOf(int64_t sample) const;
  // The next sample's bounds.
  void Include(const ElementBounds& sample);

  Histogram histogram_;
  std::optional<int64_t> chunk_;
  int64_t looked_ = 0;
  int64_t added_ = 0;
  std::vector<ElementBounds> bounds_;  // of each collection
};

}  // namespace quantab
