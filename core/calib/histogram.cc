#include "core/calib/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/kernels/histogram/find_bin.h"
#include "core/kernels/histogram/histogram.h"

namespace quantab {
namespace {

// numpy.linspace(first, last, bins + 1) in float32. Where a step has no full precision there, or
// overflows, in float64.
std::vector<float> EvenEdges(float first, float last, size_t bins) {
  std::vector<float> edges(bins + 1);
  const float step = (last - first) / static_cast<float>(bins);
  if (step >= std::numeric_limits<float>::min() && std::isfinite(step)) {
    for (size_t i = 0; i < bins; ++i) edges[i] = static_cast<float>(i) * step + first;
  } else {
    const double fine = (static_cast<double>(last) - first) / static_cast<double>(bins);
    for (size_t i = 0; i < bins; ++i) {
      edges[i] = static_cast<float>(static_cast<double>(i) * fine + first);
    }
  }
  edges[bins] = last;
  return edges;
}

// numpy.floor_divide of two positive floats.
float FloorDivide(float a, float b) {
  const float quotient = (a - std::fmod(a, b)) / b;
  const float whole = std::floor(quotient);
  return quotient - whole > 0.5f ? whole + 1 : whole;
}

// The smallest float that is not below x.
float RoundedUp(double x) {
  const auto nearest = static_cast<float>(x);
  return nearest < x ? std::nextafter(nearest, std::numeric_limits<float>::infinity()) : nearest;
}

}  // namespace

void Histogram::Prepare(const ElementBounds& bounds) {
  if (!bounds.any()) return;
  seen_.Include(bounds);
  counting_edges_.clear();
  if (kind_ == Kind::kValues) {
    PrepareValues(bounds.most());
  } else {
    PrepareMagnitudes(bounds);
  }
}

void Histogram::PrepareValues(float most) {
  if (any() && most <= threshold_) return;
  if (!any() || threshold_ == 0) {
    // Zeros that were counted between -0.5 and 0.5 are in the middle here too.
    LayOut(-most, most, bins_);
    threshold_ = most;
    return;
  }
  const size_t bins = counts_.size();
  const float stride = 2 * threshold_ / static_cast<float>(bins);
  const float more = FloorDivide(most - threshold_, stride) + 1;  // on either side
  const float grown = more * stride + threshold_;
  if (!(more >= 1 && more <= static_cast<float>(most_bins_ - bins) / 2) || !std::isfinite(grown)) {
    LayOutAnew(-most, most);
    threshold_ = most;
    return;
  }
  const auto added = static_cast<size_t>(more);
  counts_.insert(counts_.begin(), added, 0);
  LayOut(-grown, grown, bins + 2 * added);
  threshold_ = grown;
}

void Histogram::PrepareMagnitudes(const ElementBounds& bounds) {
  if (!any()) {
    LayOut(bounds.least, bounds.most(), bins_);
  } else if (bounds.most() > edges_.back()) {
    AppendEdges(bounds.most());
  }
}

// The new edges are numpy.arange(last + width, most + width, width), which are float64: start and
// step have float32 operands, but every edge is start + i * step in float64. Elements are compared
// with those; what is kept is rounded.
void Histogram::AppendEdges(float most) {
  const float width = edges_[1] - edges_[0];
  const float start = edges_.back() + width;
  const float wanted = std::ceil((most + width - start) / width);
  if (!(width > 0 && wanted <= static_cast<float>(most_bins_ - counts_.size()))) {
    LayOutAnew(edges_.front(), most);
    return;
  }
  if (wanted < 1) return;
  const double step = static_cast<double>(start + width) - start;
  counting_edges_ = edges_;
  for (size_t i = 0; i < static_cast<size_t>(wanted); ++i) {
    const double edge = start + static_cast<double>(i) * step;
    edges_.push_back(static_cast<float>(edge));
    counting_edges_.push_back(RoundedUp(edge));
    // The last bin has its upper edge: what is not above it, and not what is not below.
    if (i + 1 == static_cast<size_t>(wanted) && counting_edges_.back() > edge) {
      counting_edges_.back() = std::nextafter(counting_edges_.back(), 0.0f);
    }
  }
  counts_.resize(edges_.size() - 1);
}

// Gives the counts that there are these edges, and new bins after them count nothing yet.
void Histogram::LayOut(float first, float last, size_t bins) {
  if (first == last) {
    first -= 0.5f;
    last += 0.5f;
  }
  edges_ = EvenEdges(first, last, bins);
  counts_.resize(bins);
}

void Histogram::LayOutAnew(float first, float last) {
  const std::vector<int64_t> counts = std::exchange(counts_, {});
  const std::vector<float> edges = std::exchange(edges_, {});
  const size_t bins = std::max(bins_, most_bins_ / 16);
  LayOut(first, last, bins);
  for (size_t i = 0; i < counts.size(); ++i) {
    const float middle = edges[i] / 2 + edges[i + 1] / 2;
    const size_t bin = kernels::FindBin(std::clamp(middle, first, last), bins, edges_.data());
    if (bin < bins) counts_[bin] += counts[i];
  }
}

void Histogram::Count(std::span<const float> values) {
  if (!any()) return;
  const std::vector<float>& edges = counting_edges_.empty() ? edges_ : counting_edges_;
  kernels::CountInBins(values.size(), values.data(), kind_ == Kind::kMagnitudes, counts_.size(),
                       edges.data(), counts_.data());
}

std::vector<int64_t> Histogram::TakeCounts() {
  return std::exchange(counts_, std::vector<int64_t>(counts_.size()));
}

bool Histogram::AddCounts(std::span<const int64_t> counts) {
  if (counts.size() != counts_.size()) return false;
  for (size_t i = 0; i < counts.size(); ++i) counts_[i] += counts[i];
  return true;
}

TensorRange Histogram::Clamped(float low, float high) const {
  // Adding zero makes -0 the 0 it is written as.
  low = std::max(low, seen_.min) + 0.0f;
  high = std::min(high, seen_.max) + 0.0f;
  return low <= high ? TensorRange{low, high} : TensorRange{seen_.min, seen_.max};
}

}  // namespace quantab
