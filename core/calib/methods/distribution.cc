// Distribution: mean and standard deviation of the elements, by their histogram, for 8-bit floats;
// the range is the histogram's.
//
//   mean = sum(h x) / sum(h),  deviation = sqrt(sum(h x^2) / sum(h) - mean^2)
//
// over the bins' middles x (scenario 'same'), or their cube roots ('p3'), which are taken to have
// the distribution of the weights.
#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/calib/histogram_statistic.h"
#include "core/calib/pairwise_sum.h"

namespace quantab {
namespace {

constexpr int64_t kBins = 2048;
constexpr int64_t kFewestBins = 512;

class Distribution final : public HistogramStatistic {
 public:
  explicit Distribution(const CalibSettings& settings)
      : HistogramStatistic(
            Histogram::Kind::kValues, static_cast<size_t>(CalibBins(settings, kBins)),
            std::max(static_cast<size_t>(CalibBins(settings, kBins)), kMostGrownBins),
            settings.chunk),
        cube_roots_(settings.scenario == "p3") {}

 protected:
  TensorRange RangeBy(const Histogram& histogram) const override {
    const std::vector<int64_t>& counts = histogram.counts();
    const std::vector<float>& edges = histogram.edges();
    std::vector<double> sums(counts.size());
    std::vector<double> squares(counts.size());
    double total = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      const float x = Sample(edges[i], edges[i + 1]);
      const auto count = static_cast<double>(counts[i]);
      sums[i] = count * static_cast<double>(x);
      squares[i] = count * Square(x);
      total += count;
    }
    const double mean = PairwiseSum<double>(sums) / total;
    const double variance = PairwiseSum<double>(squares) / total - mean * mean;
    TensorRange range{edges.front(), edges.back()};
    range.moments = {static_cast<float>(mean),
                     static_cast<float>(std::sqrt(std::max(variance, 0.0)))};
    return range;
  }

 private:
  // What stands for the elements of the bin between two edges.
  float Sample(float low, float high) const {
    const float sum = low + high;
    const float middle = std::isfinite(sum) ? sum * 0.5f : low / 2 + high / 2;
    if (!cube_roots_) return middle;
    const float root = static_cast<float>(
        std::pow(std::fabs(static_cast<double>(middle)), static_cast<double>(1.0f / 3.0f)));
    return std::copysign(root, middle);
  }

  // In float32, as onnxruntime has it, as long as that does not overflow.
  static double Square(float x) {
    const double square = x * x;
    return std::isfinite(square) ? square : static_cast<double>(x) * static_cast<double>(x);
  }

  bool cube_roots_;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<Distribution>(settings);
}

void Check(const CalibSettings& settings) {
  const int64_t bins = CalibBins(settings, kBins);
  if (bins < kFewestBins) {
    ThrowInvalidArgument("'calib_num_bins' is " + std::to_string(bins) +
                         ", but Distribution takes " + std::to_string(kFewestBins) + " at least.");
  }
}

}  // namespace

QUANTAB_REGISTER(calib_methods, distribution) {
  r.Add({.name = "Distribution", .passes = 2, .make = Make, .check = Check});
}

}  // namespace quantab
