// Entropy, Percentile, Distribution and MSE. expected_ranges.inc is what onnxruntime makes of the
// same elements: see make_expected_ranges.py, whose `elements` and `collections` are repeated here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "tests/core/calib/calib_testing.h"

namespace quantab {
namespace {

constexpr float kMost = std::numeric_limits<float>::max();

float Uniform(uint32_t i) { return static_cast<float>((i * 2654435761u) >> 8) * 0x1p-24f; }

float Element(std::string_view kind, uint32_t i) {
  const float g = Uniform(4 * i) + Uniform(4 * i + 1) + Uniform(4 * i + 2) + Uniform(4 * i + 3) - 2;
  if (kind == "gauss") return g;
  if (kind == "heavy") return g * g * g;
  if (kind == "relu") return std::max(g, 0.0f);
  if (kind == "far") return g * 0.125f + 3;
  return kind == "constant" ? 3 : 0;
}

Tensor Elements(std::string_view kind, Shape shape, uint32_t first, float factor) {
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<float>()[i] = Element(kind, first + static_cast<uint32_t>(i)) * factor;
  }
  return tensor;
}

std::vector<Tensor> Samples(std::string_view kind, std::string_view layout) {
  if (layout == "one") return {Elements(kind, {3000}, 0, 1)};
  if (layout == "several") {
    return {Elements(kind, {2, 500}, 0, 1), Elements(kind, {200}, 1000, 1),
            Elements(kind, {3, 10, 20}, 1200, 1.5f)};
  }
  std::vector<Tensor> samples;
  for (uint32_t i = 0; i < 8; ++i) {
    samples.push_back(Elements(kind, {500}, 500 * i, 1 + static_cast<float>(i % 5) / 4));
  }
  return samples;
}

struct Expected {
  const char* kind;
  const char* layout;
  const char* method;
  bool symmetric;
  double percentile;
  int64_t bins;  // 0: unset
  int64_t quantized_bins;
  const char* scenario;
  float lowest;
  float highest;
  float average;
  float deviation;
};

constexpr Expected kExpected[] = {
#include "tests/core/calib/expected_ranges.inc"
};

CalibSettings SettingsOf(const Expected& expected) {
  CalibSettings settings;
  settings.symmetric = expected.symmetric;
  settings.percentile = expected.percentile;
  if (expected.bins > 0) settings.num_bins = expected.bins;
  settings.num_quantized_bins = expected.quantized_bins;
  settings.scenario = expected.scenario;
  if (std::string_view(expected.layout) == "chunks") settings.chunk = 2;
  return settings;
}

TEST(HistogramMethods, GiveOnnxruntimesRanges) {
  for (const Expected& expected : kExpected) {
    SCOPED_TRACE(std::string(expected.kind) + " " + expected.layout + " " + expected.method);
    const TensorRange range =
        RangeOf(expected.method, SettingsOf(expected), Samples(expected.kind, expected.layout));
    EXPECT_EQ(range.min, expected.lowest);
    EXPECT_EQ(range.max, expected.highest);
    EXPECT_EQ(range.moments.has_value(), expected.deviation != 0 || expected.average != 0);
    if (!range.moments) continue;
    // numpy's powers have other last bits on other processors, which count most in an average near
    // zero.
    const bool exact = std::string_view(expected.scenario) == "same";
    const double tolerance = exact ? 0 : 1e-6 * static_cast<double>(expected.deviation);
    EXPECT_NEAR(range.moments->average, static_cast<double>(expected.average), tolerance);
    EXPECT_NEAR(range.moments->deviation, static_cast<double>(expected.deviation), tolerance);
  }
}

TEST(HistogramMethods, ReadOnceHistogramsGrowAsWithChunksOfOne) {
  for (const char* method : {"Entropy", "Percentile", "Distribution", "MSE"}) {
    for (bool symmetric : {false, true}) {
      const std::vector<Tensor> samples = Samples("gauss", "chunks");
      const CalibSettings settings{.symmetric = symmetric};
      CalibSettings single = settings;
      single.chunk = 1;
      const TensorRange once = RangeOf(method, settings, samples, Reading::kOnce);
      EXPECT_EQ(once, RangeOf(method, single, samples)) << method;
      // Entropy takes all of these samples either way.
      if (std::string_view(method) == "Entropy") continue;
      EXPECT_NE(once, RangeOf(method, settings, samples)) << method;
    }
  }
}

TEST(Percentile, IsSymmetricUnlessToldOtherwise) {
  const std::vector<Tensor> samples = Samples("gauss", "one");
  const TensorRange range = RangeOf("Percentile", {.percentile = 99.9}, samples);
  EXPECT_EQ(range, RangeOf("Percentile", {.symmetric = true, .percentile = 99.9}, samples));
  EXPECT_EQ(range.min, -range.max);
}

// onnxruntime gives [3, 2.997] and [0, -0.0005]: the lower edge of the one bin that counts, cut to
// the smallest element.
TEST(Percentile, RangesAreNotTurnedInsideOut) {
  const Tensor threes = Elements("constant", {50}, 0, 1);
  EXPECT_EQ(RangeOf("Percentile", {.symmetric = false}, {threes}), (TensorRange{3, 3}));
  const CalibSettings odd{.symmetric = true, .num_bins = 1001};
  EXPECT_EQ(RangeOf("Percentile", odd, {threes}), (TensorRange{3, 3}));
  EXPECT_EQ(RangeOf("Percentile", odd, {Elements("constant", {50}, 0, -1)}), (TensorRange{-3, -3}));
  EXPECT_EQ(RangeOf("Percentile", odd, {Elements("zeros", {50}, 0, 1)}), (TensorRange{0, 0}));
}

// In onnxruntime the deviation of equal elements is NaN: rounding makes the variance negative.
TEST(Distribution, TheDeviationOfEqualElementsIsZero) {
  const TensorRange range = RangeOf("Distribution", {}, {Elements("constant", {3000}, 0, 1)});
  ASSERT_TRUE(range.moments.has_value());
  EXPECT_EQ(range.moments->deviation, 0);
  EXPECT_NEAR(range.moments->average, 3, 3.0 / 2048);
}

// The mean squared error of quantizing to 8 bits, element by element.
double ErrorOf(const Tensor& tensor, const TensorRange& range) {
  const double low = std::min(range.min, 0.0f);
  const double step = (std::max(range.max, 0.0f) - low) / 255;
  const double zero = std::nearbyint(-low / step);
  double sum = 0;
  for (float x : tensor.span<float>()) {
    const double q = std::clamp(std::nearbyint(x / step) + zero, 0.0, 255.0);
    sum += std::pow((q - zero) * step - static_cast<double>(x), 2);
  }
  return sum / static_cast<double>(tensor.count());
}

TEST(Mse, NoOtherRangeIsMuchBetter) {
  for (const char* kind : {"gauss", "heavy", "relu"}) {
    const Tensor tensor = Elements(kind, {20000}, 0, 1);
    for (bool symmetric : {false, true}) {
      const TensorRange found = RangeOf("MSE", {.symmetric = symmetric}, {tensor});
      const TensorRange all = RangeOf("MinMax", {.symmetric = symmetric}, {tensor});
      const double error = ErrorOf(tensor, found);
      for (float low = 0.3f; low < 1.01f; low += 0.05f) {
        for (float high = 0.3f; high < 1.01f; high += 0.05f) {
          const TensorRange other{all.min * (symmetric ? high : low), all.max * high};
          EXPECT_LT(error, 1.05 * ErrorOf(tensor, other)) << kind << ' ' << low << ' ' << high;
        }
      }
    }
  }
}

TEST(Mse, CutsATailOffAndKeepsWhatIsExact) {
  Tensor tensor = Elements("gauss", {200000}, 0, 1);
  tensor.mutable_data<float>()[100] = 2;
  const TensorRange range = RangeOf("MSE", {}, {tensor});
  EXPECT_LT(range.max, 1.9f);
  EXPECT_GT(range.max, 0.5f);
  EXPECT_LT(ErrorOf(tensor, range), ErrorOf(tensor, RangeOf("MinMax", {}, {tensor})));
  EXPECT_EQ(RangeOf("MSE", {}, {Elements("constant", {50}, 0, 1)}), (TensorRange{3, 3}));
  EXPECT_EQ(RangeOf("MSE", {}, {Elements("zeros", {50}, 0, 1)}), (TensorRange{0, 0}));
  EXPECT_EQ(RangeOf("MSE", {.symmetric = true}, {Elements("constant", {50}, 0, -1)}),
            (TensorRange{-3, 3}));
}

// Samples that onnxruntime cannot take, or not without a histogram of 10^30 bins.
TEST(HistogramMethods, HostileSamplesGiveFiniteRangesSoon) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<std::vector<Tensor>> all = {
      {Floats({1e-30f}), Floats({1e30f}), Floats({1})},
      {Floats({tiny}), Floats({kMost, -kMost}), Floats({nan, infinity, -infinity, 1})},
      {Floats({0, -0.0f}), Floats({tiny, 3 * tiny}), Floats({1})},
      {Floats({1, 1.0000001f}), Floats({1000}), Floats({1e7f})},
      {Floats({1e30f}), Floats({1e30f, 2e30f}), Floats({0})},
      {Floats({0}, {}), Floats({-2}), Floats({nan})},
      {Floats({kMost}), Floats({-kMost}), Floats({})},
  };
  for (const char* method : {"Entropy", "Percentile", "Distribution", "MSE"}) {
    for (size_t i = 0; i < all.size(); ++i) {
      // Entropy does not care for `symmetric`; Distribution has scenarios instead.
      for (bool second : {false, true}) {
        if (second && std::string_view(method) == "Entropy") continue;
        SCOPED_TRACE(std::string(method) + " " + std::to_string(i) + (second ? " second" : ""));
        const CalibSettings settings{.symmetric = second, .scenario = second ? "p3" : "same"};
        for (Reading reading : {Reading::kOnce, Reading::kAsOftenAsWanted}) {
          const TensorRange range = RangeOf(method, settings, all[i], reading);
          EXPECT_TRUE(std::isfinite(range.min) && std::isfinite(range.max));
          EXPECT_LE(range.min, range.max);
          if (range.moments) {
            EXPECT_TRUE(std::isfinite(range.moments->average));
            EXPECT_TRUE(std::isfinite(range.moments->deviation));
          }
        }
      }
    }
  }
}

TEST(HistogramMethods, AnOutlierKeepsTheCountsOfBefore) {
  // The histogram is laid out anew for 1e6; half of the elements stay near zero.
  std::vector<Tensor> samples(10, Elements("gauss", {1000}, 0, 1));
  samples.push_back(Floats({1e6f}));
  const TensorRange range = RangeOf("Percentile", {.percentile = 99}, samples, Reading::kOnce);
  EXPECT_LT(range.max, 100);
}

TEST(HistogramMethods, BinsMayBeFewOrMany) {
  const std::vector<Tensor> samples = Samples("gauss", "one");
  for (int64_t bins : {1, 2, 3, 1 << 20}) {
    for (bool symmetric : {false, true}) {
      const CalibSettings settings{.symmetric = symmetric, .num_bins = bins};
      for (const char* method : {"Percentile", "MSE"}) {
        const TensorRange range = RangeOf(method, settings, samples);
        EXPECT_LE(range.min, range.max) << method << bins;
        EXPECT_LE(range.max, 0.8f);
      }
    }
  }
  const CalibSettings fewest{.num_bins = 1, .num_quantized_bins = 1};
  EXPECT_EQ(RangeOf("Entropy", fewest, {Floats({-1, 2})}), (TensorRange{-1, 2}));
}

// What the second pass shows beyond the first was not prepared for.
TEST(HistogramMethods, ASecondPassWithOtherSamplesIsSafe) {
  for (const char* method : {"Entropy", "Percentile", "Distribution", "MSE"}) {
    for (const auto& chunk : {std::optional<int64_t>(), std::optional<int64_t>(1)}) {
      Collector collector(method, {.chunk = chunk}, {"x", "new"});
      collector.StartPass(1);
      collector.OnTensor("x", Floats({1, 2}));
      collector.StartPass(2);
      collector.OnTensor("x", Floats({-5, 1, 7}));
      collector.OnTensor("x", Floats({100}));
      collector.OnTensor("new", Floats({4}));
      const TensorRanges ranges = collector.Ranges();
      EXPECT_EQ(ranges.ranges.size(), 2u) << method;
      EXPECT_LE(ranges.ranges.at("x").min, ranges.ranges.at("x").max) << method;
    }
  }
}

}  // namespace
}  // namespace quantab
