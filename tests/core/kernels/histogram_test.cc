#include "core/kernels/histogram/histogram.h"

#include <algorithm>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class HistogramTest : public KernelTest {};
QUANTAB_TEST_KERNELS(HistogramTest, histogram_family);

// By the definition, bin by bin.
std::vector<int64_t> Want(const Buffer<float>& x, bool magnitudes,
                          const std::vector<float>& edges) {
  std::vector<int64_t> counts(edges.size() - 1);
  for (size_t i = 0; i < x.size(); ++i) {
    const float value = magnitudes ? std::fabs(x[i]) : x[i];
    for (size_t bin = 0; bin < counts.size(); ++bin) {
      const bool last = bin + 1 == counts.size();
      const bool below = value < edges[bin + 1] || (last && value == edges[bin + 1]);
      if (value >= edges[bin] && below) ++counts[bin];
    }
  }
  return counts;
}

std::vector<int64_t> Got(const Buffer<float>& x, bool magnitudes, const std::vector<float>& edges) {
  std::vector<int64_t> counts(edges.size() - 1);
  CountInBins(x.size(), x.data(), magnitudes, counts.size(), edges.data(), counts.data());
  return counts;
}

std::vector<float> Even(float first, float last, size_t bins) {
  std::vector<float> edges;
  const float step = (last - first) / static_cast<float>(bins);
  for (size_t i = 0; i < bins; ++i) edges.push_back(first + static_cast<float>(i) * step);
  edges.push_back(last);
  return edges;
}

TEST_P(HistogramTest, TheEdgesDecide) {
  Random random(91);
  for (size_t n : kLengths) {
    for (size_t bins : {1, 2, 3, 100, 129}) {
      const std::vector<float> edges = Even(random.Float(-3, -1), random.Float(1, 3), bins);
      Buffer<float> x(n);
      x.Fill(random, -3, 3);
      // Elements on edges and one float below them.
      for (size_t i = 0; i < n; i += 2) {
        const float edge = edges[static_cast<size_t>(random.Int(0, static_cast<int>(bins)))];
        x[i] = random.Bool() ? edge : std::nextafter(edge, -kInfinity);
      }
      for (bool magnitudes : {false, true}) {
        EXPECT_EQ(Got(x, magnitudes, edges), Want(x, magnitudes, edges)) << n << ' ' << bins;
      }
    }
  }
}

TEST_P(HistogramTest, UnevenAndEqualEdges) {
  Random random(92);
  Buffer<float> x(500);
  x.Fill(random, -0.1F, 1.1F);
  x[7] = 0.25F;
  const std::vector<float> uneven = {0, 0.01F, 0.02F, 0.25F, 0.25F, 0.25F, 0.9F, 1};
  EXPECT_EQ(Got(x, false, uneven), Want(x, false, uneven));
  const std::vector<float> equal = {0.25F, 0.25F};
  EXPECT_EQ(Got(x, false, equal), std::vector<int64_t>{1});
}

TEST_P(HistogramTest, CountsOnToWhatIsThere) {
  Buffer<float> x(5);
  for (size_t i = 0; i < 5; ++i) x[i] = static_cast<float>(i);
  const float edges[] = {0, 2, 3};
  int64_t counts[] = {int64_t{1} << 40, 5};
  CountInBins(5, x.data(), false, 2, edges, counts);
  EXPECT_EQ(counts[0], (int64_t{1} << 40) + 2);
  EXPECT_EQ(counts[1], 7);
}

TEST_P(HistogramTest, WhatIsInNoBinIsNotCounted) {
  Buffer<float> x(6);
  const float values[] = {kNan, kInfinity, -kInfinity, 3e38F, -3e38F, 1};
  std::copy(std::begin(values), std::end(values), x.data());
  EXPECT_EQ(Got(x, false, {-1, 0, 1}), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(Got(x, true, {-3e38F, 0, 3e38F}), (std::vector<int64_t>{0, 3}));
}

}  // namespace
}  // namespace quantab::kernels
