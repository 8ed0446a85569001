// MinMax: the smallest and the largest element over all samples; or, with a moving average, a mean
// of the samples' smallest and one of their largest elements.
//
// A collection of samples is averaged plainly; each further one pulls the average with its
// constant: new = old + constant * (mean - old). Without `chunk` all samples are one collection.
// Sums, means and averages are float32, added in numpy's order, as in onnxruntime.quantization.
//
// Per channel every index of axis 1 has a range of its own; the tensor's is what holds them all. A
// tensor with fewer than two dimensions has one channel, which is not listed.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/calib/element_bounds.h"
#include "core/calib/method.h"
#include "core/calib/pairwise_sum.h"

namespace quantab {
namespace {

struct Interval {
  float min = 0;
  float max = 0;
};

// The samples' extremes of one channel in one collection.
struct ChannelSamples {
  Interval all{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  Interval sum;
  int64_t count = 0;  // of samples in which the channel had finite elements

  void Add(const ElementBounds& sample) {
    all = {std::min(all.min, sample.min), std::max(all.max, sample.max)};
    sum = {sum.min + sample.min, sum.max + sample.max};
    ++count;
  }

  void Add(const ChannelSamples& sample) {
    if (sample.count == 0) return;
    all = {std::min(all.min, sample.all.min), std::max(all.max, sample.all.max)};
    sum = {sum.min + sample.sum.min, sum.max + sample.sum.max};
    count += sample.count;
  }
};

class MinMax final : public RangeStatistic {
 public:
  explicit MinMax(const CalibSettings& settings) : settings_(settings) {}

  void Add(const Tensor& tensor) override {
    if (tensor.count() == 0) return;
    const bool split = settings_.per_channel && tensor.rank() >= 2;
    const int64_t channels = split ? tensor.dim(1) : 1;
    if (samples_ == 0 && collections_.empty()) current_.resize(static_cast<size_t>(channels));
    RequireChannels(channels);
    AddChannels(tensor.span<float>(), split ? tensor.dim(0) : 1, channels);
    EndSample();
  }

  void TakeAdds(StatisticWriter& out) override {
    out.Put(std::exchange(infinities_, 0));
    out.Put(samples_);
    out.PutAll(current_);
    out.PutAll(minima_);
    out.PutAll(maxima_);
    collections_.clear();
    Forget();
    current_.clear();
  }

  void MergeAdds(StatisticReader& in) override {
    infinities_ += in.Get<uint64_t>();
    const auto samples = in.Get<int64_t>();
    const auto channels = in.GetAll<ChannelSamples>();
    const auto minima = in.GetAll<float>();
    const auto maxima = in.GetAll<float>();
    if (samples == 0) return;
    if (samples_ == 0 && collections_.empty()) current_.resize(channels.size());
    RequireChannels(static_cast<int64_t>(channels.size()));
    for (size_t c = 0; c < channels.size(); ++c) current_[c].Add(channels[c]);
    minima_.insert(minima_.end(), minima.begin(), minima.end());
    maxima_.insert(maxima_.end(), maxima.begin(), maxima.end());
    EndSample();
  }

  std::optional<TensorRange> Range() const override {
    const std::vector<std::optional<Interval>> channels = samples_ > 0 ? Merged() : collections_;
    ElementBounds whole;
    TensorRange range;
    for (const std::optional<Interval>& channel : channels) {
      const Interval found = channel.value_or(Interval{});
      if (channel) whole.Include({found.min, found.max, 0});
      if (channels.size() > 1) range.channels.emplace_back(found.min, found.max);
    }
    // A mean of extremes near the largest float may overflow.
    if (!std::isfinite(whole.min) || !std::isfinite(whole.max)) return std::nullopt;
    range.min = whole.min;
    range.max = whole.max;
    return range;
  }

 private:
  void RequireChannels(int64_t channels) const {
    if (channels == static_cast<int64_t>(current_.size())) return;
    ThrowInvalidArgument("It has " + std::to_string(current_.size()) +
                         " channels in one sample and " + std::to_string(channels) +
                         " in another, so that 'calib_per_channel' cannot be followed.");
  }

  void EndSample() {
    if (++samples_ != settings_.chunk.value_or(0)) return;
    collections_ = Merged();
    Forget();
  }

  // The samples of the collection begun.
  void Forget() {
    current_.assign(current_.size(), {});
    minima_.clear();
    maxima_.clear();
    samples_ = 0;
  }

  // `values` is [rows, channels, the rest].
  void AddChannels(std::span<const float> values, int64_t rows, int64_t channels) {
    const size_t size = values.size() / static_cast<size_t>(rows * channels);
    for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
      ElementBounds sample;
      for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
        const size_t begin = (row * static_cast<size_t>(channels) + c) * size;
        sample.Include(FindElementBounds(values.subspan(begin, size), infinities_));
      }
      if (!sample.any()) continue;
      current_[c].Add(sample);
      if (settings_.moving_average && channels == 1) {
        minima_.push_back(sample.min);
        maxima_.push_back(sample.max);
      }
    }
  }

  Interval Mean(const ChannelSamples& samples) const {
    const auto count = static_cast<double>(samples.count);
    Interval sum = samples.sum;
    if (!minima_.empty()) sum = {PairwiseSum<float>(minima_), PairwiseSum<float>(maxima_)};
    return {static_cast<float>(sum.min / count), static_cast<float>(sum.max / count)};
  }

  Interval Of(const ChannelSamples& samples) const {
    Interval found = settings_.moving_average ? Mean(samples) : samples.all;
    if (settings_.symmetric.value_or(false)) {
      found.max = std::max(std::fabs(found.min), std::fabs(found.max));
      found.min = -found.max;
    }
    return found;
  }

  // The collections before, with the current one. Nothing of a channel without finite elements.
  std::vector<std::optional<Interval>> Merged() const {
    std::vector<std::optional<Interval>> merged = collections_;
    merged.resize(current_.size());
    const auto constant = static_cast<float>(settings_.averaging_constant);
    for (size_t c = 0; c < merged.size(); ++c) {
      if (current_[c].count == 0) continue;
      const Interval found = Of(current_[c]);
      if (!merged[c]) {
        merged[c] = found;
      } else if (settings_.moving_average) {
        merged[c]->min += constant * (found.min - merged[c]->min);
        merged[c]->max += constant * (found.max - merged[c]->max);
      } else {
        merged[c]->min = std::min(merged[c]->min, found.min);
        merged[c]->max = std::max(merged[c]->max, found.max);
      }
    }
    return merged;
  }

  CalibSettings settings_;
  std::vector<std::optional<Interval>> collections_;  // of each channel, over those finished
  std::vector<ChannelSamples> current_;               // of each channel, in the collection begun
  int64_t samples_ = 0;                               // in it
  // Of a single channel every sample in it, for a mean in numpy's order; numpy adds several
  // channels sample by sample.
  std::vector<float> minima_;
  std::vector<float> maxima_;
};

std::unique_ptr<RangeStatistic> Make(const CalibSettings& settings) {
  return std::make_unique<MinMax>(settings);
}

}  // namespace

QUANTAB_REGISTER(calib_methods, minmax) { r.Add({.name = "MinMax", .make = Make}); }

}  // namespace quantab
