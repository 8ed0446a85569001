// MinMax and the collector that feeds it.
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "core/calib/collector.h"

namespace quantab {
namespace {

Tensor Floats(Shape shape, const std::vector<float>& values) {
  return Tensor::From<float>(std::move(shape), values);
}

TensorRange RangeOf(const CalibSettings& settings, const std::vector<Tensor>& samples) {
  Collector collector("MinMax", settings, {"x"});
  for (const Tensor& sample : samples) collector.OnTensor("x", sample);
  return collector.Ranges().ranges.at("x");
}

const std::vector<Tensor> kSamples = {Floats({3}, {1, -2, 0.5f}), Floats({2, 2}, {4, 3, 2, 1})};

TEST(MinMax, TakesTheExtremesOfSamplesOfAnyShape) {
  EXPECT_EQ(RangeOf({}, kSamples), (TensorRange{-2, 4}));
}

TEST(MinMax, AveragesMinimaAndMaxima) {
  EXPECT_EQ(RangeOf({.moving_average = true}, kSamples), (TensorRange{-0.5f, 2.5f}));
}

TEST(MinMax, MakesRangesSymmetric) {
  EXPECT_EQ(RangeOf({.symmetric = true}, kSamples), (TensorRange{-4, 4}));
  EXPECT_EQ(RangeOf({.symmetric = true, .moving_average = true}, kSamples),
            (TensorRange{-2.5f, 2.5f}));
}

TEST(MinMax, IgnoresNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(RangeOf({}, {Floats({3}, {nan, 1, 2}), Floats({1}, {nan})}), (TensorRange{1, 2}));
}

TEST(Collector, KeepsOnlyWantedFloatTensorsWithElements) {
  Collector collector("MinMax", {}, {"x", "ids", "empty", "unseen"});
  EXPECT_TRUE(collector.Wants("x"));
  EXPECT_FALSE(collector.Wants("y"));
  collector.OnTensor("x", Floats({1}, {3}));
  collector.OnTensor("y", Floats({1}, {3}));
  collector.OnTensor("ids", Tensor::Scalar<int64_t>(7));
  collector.OnTensor("empty", Floats({0}, {}));
  const TensorRanges ranges = collector.Ranges();
  EXPECT_EQ(ranges.method, "MinMax");
  EXPECT_EQ(ranges.ranges, (std::map<std::string, TensorRange>{{"x", {3, 3}}}));
}

TEST(Collector, RefusesUnknownMethodsAndConstants) {
  EXPECT_THROW(Collector("MaxMin", {}, {}), Error);
  EXPECT_THROW(Collector("MinMax", {.averaging_constant = 1.5}, {}), Error);
  EXPECT_THROW(
      Collector("MinMax", {.averaging_constant = std::numeric_limits<double>::quiet_NaN()}, {}),
      Error);
}

}  // namespace
}  // namespace quantab
