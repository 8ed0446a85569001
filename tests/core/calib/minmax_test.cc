// MinMax. Expected numbers with many digits are those of onnxruntime's MinMaxCalibrater (1.31.1)
// run on a model of one Relu with the same samples, given in the same collections.
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "tests/core/calib/calib_testing.h"

namespace quantab {
namespace {

using Channels = std::vector<std::pair<float, float>>;

const std::vector<Tensor> kSamples = {Floats({3}, {1, -2, 0.5f}), Floats({2, 2}, {4, 3, 2, 1})};

TEST(MinMax, TakesTheExtremesOfSamplesOfAnyShape) {
  EXPECT_EQ(RangeOf("MinMax", {}, kSamples), (TensorRange{-2, 4}));
  EXPECT_EQ(RangeOf("MinMax", {.chunk = 1}, kSamples), (TensorRange{-2, 4}));
}

TEST(MinMax, AveragesMinimaAndMaxima) {
  EXPECT_EQ(RangeOf("MinMax", {.moving_average = true}, kSamples), (TensorRange{-0.5f, 2.5f}));
}

TEST(MinMax, MakesRangesSymmetric) {
  EXPECT_EQ(RangeOf("MinMax", {.symmetric = true}, kSamples), (TensorRange{-4, 4}));
  EXPECT_EQ(RangeOf("MinMax", {.symmetric = true, .moving_average = true}, kSamples),
            (TensorRange{-2.5f, 2.5f}));
}

// Sample k is {0.1 k, -0.3 k k, 0.7 / (k + 1)} in float32.
std::vector<Tensor> SixSamples() {
  std::vector<Tensor> samples;
  for (int k = 0; k < 6; ++k) {
    samples.push_back(Floats({static_cast<float>(0.1 * k), static_cast<float>(-0.3 * k * k),
                              static_cast<float>(0.7 / (k + 1))}));
  }
  return samples;
}

TEST(MinMax, FurtherChunksMoveTheAverageByTheConstant) {
  struct Case {
    std::optional<int64_t> chunk;
    bool symmetric;
    double constant;
    TensorRange expected;
  };
  const Case cases[] = {
      {{}, false, 0.01, {-2.75f, 0.413888842f}},
      {{}, true, 0.3, {-2.75f, 2.75f}},
      {1, false, 0.01, {-0.163508072f, 0.683219433f}},
      {1, false, 0.3, {-3.79998922f, 0.444969505f}},
      {1, true, 0.01, {-0.829681396f, 0.829681396f}},
      {2, false, 0.01, {-0.227820009f, 0.521692514f}},
      {2, true, 0.3, {-2.51175022f, 2.51175022f}},
      {3, false, 0.01, {-0.545000017f, 0.42749998f}},
      {3, false, 0.3, {-1.85000002f, 0.419444442f}},
  };
  for (const Case& c : cases) {
    const CalibSettings settings{.symmetric = c.symmetric,
                                 .moving_average = true,
                                 .averaging_constant = c.constant,
                                 .chunk = c.chunk};
    EXPECT_EQ(RangeOf("MinMax", settings, SixSamples()), c.expected)
        << c.chunk.value_or(0) << ' ' << c.symmetric << ' ' << c.constant;
  }
}

TEST(MinMax, TheLastChunkMayBeSmaller) {
  // By hand: means of (0, 1) and 4, and 1 + 0.5 * (4 - 1).
  const std::vector<Tensor> samples = {Floats({0}), Floats({2}), Floats({4})};
  const CalibSettings settings{.moving_average = true, .averaging_constant = 0.5, .chunk = 2};
  EXPECT_EQ(RangeOf("MinMax", settings, samples), (TensorRange{2.5f, 2.5f}));
}

TEST(MinMax, AddsManySamplesInNumpysOrder) {
  std::vector<Tensor> samples;
  for (int k = 0; k < 300; ++k) {
    const auto step = static_cast<float>(k);
    samples.push_back(Floats({0.1f * step, -0.37f * step}));
  }
  EXPECT_EQ(RangeOf("MinMax", {.moving_average = true}, samples),
            (TensorRange{-55.3149986f, 14.9499998f}));
}

// Sample k is 0.1 (k + 1) {0 .. 11} - k, of shape [2, 3, 2].
std::vector<Tensor> ChannelSamples() {
  std::vector<Tensor> samples;
  for (int k = 0; k < 4; ++k) {
    std::vector<float> values;
    const auto factor = static_cast<float>(0.1 * (k + 1));
    for (int i = 0; i < 12; ++i) {
      values.push_back(static_cast<float>(i) * factor - static_cast<float>(k));
    }
    samples.push_back(Floats({2, 3, 2}, values));
  }
  return samples;
}

TEST(MinMax, FindsTheRangeOfEachChannel) {
  TensorRange range = RangeOf("MinMax", {.per_channel = true}, ChannelSamples());
  EXPECT_EQ(
      range.channels,
      (Channels{{-3, 0.699999988f}, {-2.20000005f, 0.900000036f}, {-1.39999998f, 1.4000001f}}));
  EXPECT_EQ(range.min, -3);
  EXPECT_EQ(range.max, 1.4000001f);
  range = RangeOf("MinMax", {.symmetric = true, .per_channel = true}, ChannelSamples());
  EXPECT_EQ(range.channels,
            (Channels{{-3, 3}, {-2.20000005f, 2.20000005f}, {-1.4000001f, 1.4000001f}}));
  range = RangeOf("MinMax", {.moving_average = true, .per_channel = true}, ChannelSamples());
  EXPECT_EQ(range.channels,
            (Channels{{-1.5f, 0.25f}, {-1, 0.75000006f}, {-0.49999997f, 1.25000012f}}));
  range =
      RangeOf("MinMax",
              {.moving_average = true, .averaging_constant = 0.25, .chunk = 2, .per_channel = true},
              ChannelSamples());
  EXPECT_EQ(
      range.channels,
      (Channels{{-1, 0.399999976f}, {-0.600000024f, 0.800000072f}, {-0.199999973f, 1.20000005f}}));
}

TEST(MinMax, ChannelsMustAgree) {
  const CalibSettings settings{.per_channel = true};
  const std::vector<Tensor> ragged = {Floats({1, 2}, {1, 2}), Floats({1, 3}, {1, 2, 3})};
  try {
    RangeOf("MinMax", settings, ragged);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.place().tensor, "x");
    EXPECT_NE(error.message().find("2 channels in one sample and 3 in another"), std::string::npos);
  }
  // A vector or a scalar has one channel, which is not listed.
  EXPECT_EQ(RangeOf("MinMax", settings, {Floats({3}, {1, 2, 3}), Floats({}, {0})}),
            (TensorRange{0, 3}));
}

TEST(MinMax, IgnoresWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(RangeOf("MinMax", {}, {Floats({nan, 1, 2}), Floats({nan})}), (TensorRange{1, 2}));
  EXPECT_EQ(RangeOf("MinMax", {}, {Floats({infinity, 1, -infinity}), Floats({-infinity})}),
            (TensorRange{1, 1}));
  // A channel without a finite element is [0, 0] and widens nothing.
  const TensorRange range = RangeOf("MinMax", {.per_channel = true}, {Floats({1, 2}, {nan, 2})});
  EXPECT_EQ(range, (TensorRange{2, 2, {}, {{0, 0}, {2, 2}}}));
}

TEST(MinMax, AMeanThatOverflowsIsNoRange) {
  Collector collector("MinMax", {.moving_average = true}, {"x"});
  for (int i = 0; i < 3; ++i) collector.OnTensor("x", Floats({3e38f}));
  EXPECT_TRUE(collector.Ranges().ranges.empty());
}

}  // namespace
}  // namespace quantab
