// MSE: the range that, by the elements' histogram, quantizes to 8 bits with the least mean squared
// error. Not one of onnxruntime's methods.
//
//   error(l, u) = s^2 / 12 * N + sum over bins outside of [l, u] of h (x - nearest end)^2
//   s = (u - l) / 255, N elements, x the middles of the bins
//
// The first term is the variance of rounding to steps of s; the second what is cut off. l <= 0 <=
// u, as every quantized range holds zero. l and u are edges of bins, or the elements' own extremes;
// of many edges evenly many are tried. With `symmetric` l = -u. Of equal errors the widest range
// wins.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/calib/histogram_statistic.h"

namespace quantab {
namespace {

constexpr int64_t kBins = 2048;
constexpr double kSteps = 255;
// Ends tried on either side of zero, about.
constexpr size_t kTries = 1024;

// An end of a range, and what ending there costs.
struct End {
  double distance;   // from zero
  double cut_error;  // the sum over the elements beyond
};

enum class Side { kLower, kUpper, kBoth };

// How far a range can go to that side, or to both, the farthest first.
std::vector<End> EndsOf(const Histogram& histogram, Side side) {
  const std::vector<int64_t>& counts = histogram.counts();
  const std::vector<float>& edges = histogram.edges();
  const ElementBounds& seen = histogram.seen();
  const size_t bins = counts.size();
  const size_t step = std::max<size_t>(1, bins / 2 / kTries);
  const double farthest = side == Side::kBoth    ? seen.most()
                          : side == Side::kUpper ? std::max(seen.max, 0.0f)
                                                 : std::max(-seen.min, 0.0f);
  std::vector<End> ends = {{farthest, 0}};
  // Over the bins beyond: h, h x and h x^2.
  double sums[3] = {};
  for (size_t i = 1; i <= bins; ++i) {
    // The histogram is symmetric around zero: bin i from above, and from below.
    const size_t bin = bins - i;
    const double inner = edges[bin];
    if (inner < 0) break;
    const double middle = (inner + edges[bin + 1]) / 2;
    const int64_t above = side == Side::kLower ? 0 : counts[bin];
    const int64_t below = side == Side::kUpper ? 0 : counts[i - 1];
    const auto h = static_cast<double>(above + below);
    sums[0] += h;
    sums[1] += h * middle;
    sums[2] += h * middle * middle;
    if (inner >= farthest || i % step != 0) continue;
    const double error = sums[2] - 2 * inner * sums[1] + inner * inner * sums[0];
    ends.push_back({inner, std::max(error, 0.0)});
  }
  return ends;
}

class Mse final : public HistogramStatistic {
 public:
  explicit Mse(const CalibSettings& settings)
      : HistogramStatistic(
            Histogram::Kind::kValues, static_cast<size_t>(CalibBins(settings, kBins)),
            std::max(static_cast<size_t>(CalibBins(settings, kBins)), kMostGrownBins),
            settings.chunk),
        symmetric_(settings.symmetric.value_or(false)) {}

 protected:
  TensorRange RangeBy(const Histogram& histogram) const override {
    double total = 0;
    for (int64_t count : histogram.counts()) total += static_cast<double>(count);
    if (symmetric_) {
      const double most = BestSymmetric(EndsOf(histogram, Side::kBoth), total);
      return {-static_cast<float>(most) + 0.0f, static_cast<float>(most)};
    }
    const auto [lower, upper] =
        Best(EndsOf(histogram, Side::kLower), EndsOf(histogram, Side::kUpper), total);
    return histogram.Clamped(-static_cast<float>(lower), static_cast<float>(upper));
  }

 private:
  static double RoundingError(double width, double elements) {
    const double step = width / kSteps;
    return step * step / 12 * elements;
  }

  static double BestSymmetric(const std::vector<End>& ends, double total) {
    double best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (const End& end : ends) {
      const double error = RoundingError(2 * end.distance, total) + end.cut_error;
      if (error < least) {
        least = error;
        best = end.distance;
      }
    }
    return best;
  }

  // The distances of the lower and of the upper end.
  static std::pair<double, double> Best(const std::vector<End>& lowers,
                                        const std::vector<End>& uppers, double total) {
    std::pair<double, double> best;
    double least = std::numeric_limits<double>::infinity();
    for (const End& lower : lowers) {
      for (const End& upper : uppers) {
        const double error = RoundingError(lower.distance + upper.distance, total) +
                             lower.cut_error + upper.cut_error;
        if (error < least) {
          least = error;
          best = {lower.distance, upper.distance};
        }
      }
    }
    return best;
  }

  bool symmetric_;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<Mse>(settings);
}

}  // namespace

QUANTAB_REGISTER(calib_methods, mse) { r.Add({.name = "MSE", .passes = 2, .make = Make}); }

}  // namespace quantab
