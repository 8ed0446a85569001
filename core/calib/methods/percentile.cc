// Percentile: the range that holds `percentile` percent of the elements, by their histogram.
//
//   symmetric      +-edge of the bin of magnitudes in which the share of elements reaches p
//   asymmetric     lower edges of the bins of values in which it reaches (1-p)/2 and 1-(1-p)/2
//
// with what no element reached cut off. Symmetric is the default, as onnxruntime's calibrator has
// it. Where all elements that count are in one bin, its lower edge may lie below every element:
// there the upper edge is taken, and not a range turned inside out.
#include <algorithm>

#include "core/calib/histogram_statistic.h"

namespace quantab {
namespace {

constexpr int64_t kBins = 2048;

class Percentile final : public HistogramStatistic {
 public:
  explicit Percentile(const CalibSettings& settings)
      : HistogramStatistic(
            IsSymmetric(settings) ? Histogram::Kind::kMagnitudes : Histogram::Kind::kValues,
            static_cast<size_t>(CalibBins(settings, kBins)),
            std::max(static_cast<size_t>(CalibBins(settings, kBins)), kMostGrownBins),
            settings.chunk),
        symmetric_(IsSymmetric(settings)),
        percentile_(settings.percentile) {}

 protected:
  TensorRange RangeBy(const Histogram& histogram) const override {
    if (symmetric_) {
      const float edge = UpperEdge(histogram, percentile_ / 100,
                                   std::max(histogram.seen().min, -histogram.seen().max));
      return histogram.Clamped(-edge, edge);
    }
    const double cut = (100 - percentile_) / 200;
    return histogram.Clamped(histogram.edges()[BinAt(histogram, cut)],
                             UpperEdge(histogram, 1 - cut, histogram.seen().min));
  }

 private:
  static bool IsSymmetric(const CalibSettings& settings) {
    return settings.symmetric.value_or(true);
  }

  // The first bin up to whose end the share of elements is at least `share`; one past the last
  // where rounding leaves the sum of all below it.
  static size_t BinAt(const Histogram& histogram, double share) {
    int64_t total = 0;
    for (int64_t count : histogram.counts()) total += count;
    double below = 0;
    size_t bin = 0;
    for (int64_t count : histogram.counts()) {
      below += static_cast<double>(count) / static_cast<double>(total);
      if (below >= share) break;
      ++bin;
    }
    return bin;
  }

  // The lower edge of the bin for `share`, or its upper edge where the lower is below `first`.
  static float UpperEdge(const Histogram& histogram, double share, float first) {
    const std::vector<float>& edges = histogram.edges();
    const size_t bin = BinAt(histogram, share);
    return edges[bin] < first ? edges[std::min(bin + 1, edges.size() - 1)] : edges[bin];
  }

  bool symmetric_;
  double percentile_;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<Percentile>(settings);
}

}  // namespace

QUANTAB_REGISTER(calib_methods, percentile) {
  r.Add({.name = "Percentile", .passes = 2, .make = Make});
}

}  // namespace quantab
