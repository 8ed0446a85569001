// Entropy: of the ranges around zero, the one whose quantized distribution tells least about being
// another (Kullback-Leibler divergence), after "8-bit inference with TensorRT" (S. Migacz, GTC
// 2017).
//
//   h                counts of n bins from -t to t; a candidate is bins [z - i, min(z + i + 1, n)),
//                    z = n / 2, for i from q / 2 to z; q is `num_quantized_bins`
//   P                h in the candidate, all that is outside added to its first and last bin
//   Q                q equal groups of h in the candidate, each spread evenly, in whole numbers,
//                    over its bins; what the division by q leaves over counts to the last group
//   both smoothed    0 becomes e = 1e-4, others lose e * zeros / others; then divided by their sums
//   divergence       sum of P log(P / Q)
//
// The first candidate of least divergence wins; elements' extremes clamp it. Counts, float32
// roundings and the order of sums are onnxruntime's; its logarithm differs in the last bits, which
// decides only between candidates as good as each other. A candidate that cannot be smoothed is
// left out, and when all are the range is the elements' own.
#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/calib/histogram_statistic.h"
#include "core/calib/pairwise_sum.h"
#include "core/kernels/elementwise/elementwise.h"

namespace quantab {
namespace {

constexpr int64_t kBins = 128;
// The search takes time by the square of the number of bins: two seconds for this many.
constexpr int64_t kMostBins = int64_t{1} << 14;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Of integer counts the smoothed distribution, whose sum is 1; false when there is none.
bool Smooth(const std::vector<int64_t>& counts, std::vector<float>& smoothed) {
  constexpr double kEpsilon = 1e-4;
  const auto zeros = std::count(counts.begin(), counts.end(), 0);
  const auto others = static_cast<int64_t>(counts.size()) - zeros;
  if (others == 0) return false;
  const double taken = kEpsilon * static_cast<double>(zeros) / static_cast<double>(others);
  if (taken >= 1) return false;
  smoothed.resize(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    smoothed[i] = counts[i] == 0 ? static_cast<float>(kEpsilon)
                                 : static_cast<float>(counts[i]) - static_cast<float>(taken);
  }
  const float sum = PairwiseSum<float>(smoothed);
  for (float& share : smoothed) share /= sum;
  return true;
}

class Search {
 public:
  Search(const std::vector<int64_t>& counts, size_t groups) : counts_(counts), groups_(groups) {
    before_.push_back(0);
    for (int64_t count : counts) before_.push_back(before_.back() + count);
  }

  // Of the candidate [start, end); infinite where one of its distributions is nothing.
  float Divergence(size_t start, size_t end) {
    reference_.assign(counts_.begin() + static_cast<ptrdiff_t>(start),
                      counts_.begin() + static_cast<ptrdiff_t>(end));
    reference_.front() += before_[start];
    reference_.back() += before_.back() - before_[end];
    Quantize(start, end);
    if (!Smooth(quantized_, q_) || !Smooth(reference_, p_)) return kInfinity;
    for (size_t i = 0; i < p_.size(); ++i) q_[i] = p_[i] / q_[i];
    kernels::Unary(kernels::UnaryOp::kLog, q_.size(), q_.data(), q_.data());
    for (size_t i = 0; i < p_.size(); ++i) q_[i] *= p_[i];
    return PairwiseSum<float>(q_);
  }

 private:
  // Fills quantized_ from the bins [start, end), and reference_.
  void Quantize(size_t start, size_t end) {
    const size_t merged = (end - start) / groups_;
    quantized_.assign(end - start, 0);
    for (size_t group = 0; group < groups_; ++group) {
      const size_t from = group * merged;
      const size_t to = from + merged;
      const size_t counted_to = group + 1 == groups_ ? end : start + to;
      const auto reference = reference_.begin() + static_cast<ptrdiff_t>(from);
      const auto zeros =
          static_cast<size_t>(std::count(reference, reference + static_cast<ptrdiff_t>(merged), 0));
      if (zeros == merged) continue;
      const auto sum = static_cast<double>(before_[counted_to] - before_[start + from]);
      std::fill_n(quantized_.begin() + static_cast<ptrdiff_t>(from), merged,
                  static_cast<int64_t>(sum / static_cast<double>(merged - zeros)));
    }
  }

  const std::vector<int64_t>& counts_;
  size_t groups_;
  std::vector<int64_t> before_;  // the sum of all counts before each bin
  std::vector<int64_t> reference_;
  std::vector<int64_t> quantized_;
  std::vector<float> p_;
  std::vector<float> q_;
};

class Entropy final : public HistogramStatistic {
 public:
  explicit Entropy(const CalibSettings& settings)
      : HistogramStatistic(Histogram::Kind::kValues,
                           static_cast<size_t>(CalibBins(settings, kBins)), kMostBins,
                           settings.chunk),
        groups_(static_cast<size_t>(settings.num_quantized_bins)) {}

 protected:
  TensorRange RangeBy(const Histogram& histogram) const override {
    const size_t bins = histogram.counts().size();
    const size_t zero = bins / 2;
    Search search(histogram.counts(), groups_);
    float least = kInfinity;
    TensorRange best{histogram.seen().min, histogram.seen().max};
    for (size_t i = groups_ / 2; i <= zero; ++i) {
      const size_t start = zero - i;
      const size_t end = std::min(zero + i + 1, bins);
      const float divergence = search.Divergence(start, end);
      if (divergence < least) {
        least = divergence;
        best = {histogram.edges()[start], histogram.edges()[end]};
      }
    }
    return histogram.Clamped(best.min, best.max);
  }

 private:
  size_t groups_;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<Entropy>(settings);
}

void Check(const CalibSettings& settings) {
  const int64_t bins = CalibBins(settings, kBins);
  if (bins > kMostBins) {
    ThrowInvalidArgument("'calib_num_bins' is " + std::to_string(bins) + ", but Entropy takes " +
                         std::to_string(kMostBins) +
                         " at most: it tries a range for each of them.");
  }
  if (settings.num_quantized_bins > bins) {
    ThrowInvalidArgument("'calib_num_quantized_bins' is " +
                         std::to_string(settings.num_quantized_bins) + ", more than the " +
                         std::to_string(bins) +
                         " bins of the histogram. Give fewer, or a larger 'calib_num_bins'.");
  }
}

}  // namespace

QUANTAB_REGISTER(calib_methods, entropy) {
  r.Add({.name = "Entropy", .passes = 2, .make = Make, .check = Check});
}

}  // namespace quantab
