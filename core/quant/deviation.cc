#include "core/quant/deviation.h"

#include <algorithm>
#include <cmath>

#include "core/quant/weight.h"
#include "core/quant/weight_groups.h"

namespace quantab {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements read at once

// A sum of a known number of float32 in NumPy's order: up to 128 numbers in eight strands, more as
// the sum of two halves, the first of a multiple of eight.
class StreamedSum {
 public:
  explicit StreamedSum(int64_t count) { Begin(count); }

  void Add(float x) {
    if (leaf_ < kStrands) {
      sum_ += x;
    } else if (done_ < kStrands) {
      strands_[done_] = x;
    } else if (done_ < leaf_ - leaf_ % kStrands) {
      strands_[done_ % kStrands] += x;
    } else {
      if (done_ == leaf_ - leaf_ % kStrands) sum_ = SumOfStrands();
      sum_ += x;
    }
    if (++done_ == leaf_) EndLeaf();
  }

  float Result() const { return sum_; }

 private:
  static constexpr int64_t kStrands = 8;
  static constexpr int64_t kLargestLeaf = 128;

  // A sum of which one half is known, or none yet.
  struct Half {
    int64_t rest;  // elements of the second half
    float first;
    bool known;
  };

  void Begin(int64_t count) {
    while (count > kLargestLeaf) {
      int64_t half = count / 2;
      half -= half % kStrands;
      halves_.push_back({count - half, 0, false});
      count = half;
    }
    leaf_ = count;
    done_ = 0;
    sum_ = 0;
  }

  float SumOfStrands() const {
    const float* s = strands_;
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
  }

  void EndLeaf() {
    if (leaf_ >= kStrands && leaf_ % kStrands == 0) sum_ = SumOfStrands();
    while (!halves_.empty()) {
      Half& half = halves_.back();
      if (!half.known) {
        half.first = sum_;
        half.known = true;
        Begin(half.rest);
        return;
      }
      sum_ = half.first + sum_;
      halves_.pop_back();
    }
  }

  std::vector<Half> halves_;
  int64_t leaf_ = 0, done_ = 0;
  float sum_ = 0;
  float strands_[kStrands] = {};
};

// Calls take(group, x) for every element in order.
template <class Take>
void ForEachElement(const Blob& bytes, DType real, const WeightGroups& groups, Take take) {
  const int64_t count = static_cast<int64_t>(bytes.size() / SizeOf(real));
  std::vector<float> block(static_cast<size_t>(std::min(count, kBlock)));
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t n = std::min(kBlock, count - begin);
    ReadReals(bytes, real, static_cast<uint64_t>(begin),
              std::span(block).first(static_cast<size_t>(n)));
    groups.ForEachRun(begin, n, [&](int64_t group, int64_t first, int64_t length) {
      for (int64_t i = 0; i < length; ++i) {
        take(static_cast<size_t>(groups.consecutive() ? group + i : group),
             block[static_cast<size_t>(first + i)]);
      }
    });
  }
}

}  // namespace

std::vector<float> ScanDeviations(const Blob& bytes, const Shape& shape,
                                  std::optional<int64_t> axis, DType real) {
  const WeightGroups groups(shape, axis);
  const size_t count = static_cast<size_t>(groups.count());
  std::vector<float> result(count, 0.0f);
  const int64_t elements = static_cast<int64_t>(bytes.size() / SizeOf(real));
  if (elements == 0) return result;
  const int64_t each = elements / groups.count();
  const auto mean = [&](const StreamedSum& sum) {
    return static_cast<float>(double{sum.Result()} / static_cast<double>(each));
  };

  std::vector<StreamedSum> sums(count, StreamedSum(each));
  ForEachElement(bytes, real, groups, [&](size_t group, float x) { sums[group].Add(x); });
  std::vector<float> means;
  for (const StreamedSum& sum : sums) means.push_back(mean(sum));
  sums.assign(count, StreamedSum(each));
  ForEachElement(bytes, real, groups, [&](size_t group, float x) {
    const float distance = x - means[group];
    sums[group].Add(distance * distance);
  });
  for (size_t i = 0; i < count; ++i) {
    result[i] = RoundToReal(std::sqrt(mean(sums[i])), real);
  }
  return result;
}

}  // namespace quantab
