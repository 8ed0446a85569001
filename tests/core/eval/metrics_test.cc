#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/eval/accumulator.h"
#include "core/eval/latency.h"

namespace quantab {
namespace {

TensorMap Output(Shape shape, std::vector<float> values) {
  return {{"y", Tensor::From<float>(std::move(shape), values)}};
}

std::map<std::string, double> Values(const OutputAccumulator& accumulator) {
  return accumulator.Result().at(0).values;
}

// Expected values by numpy: a = [1, -2, 4, 0.5], b = [1.5, -2, 3, 0.5].
TEST(Metrics, FormulasOverTwoSamples) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({1, 2}, {1, -2}), Output({1, 2}, {1.5, -2}));
  accumulator.Add(Output({1, 2}, {4, 0.5}), Output({1, 2}, {3, 0.5}));
  const auto values = Values(accumulator);
  EXPECT_DOUBLE_EQ(values.at("mse"), 1.25 / 4);
  EXPECT_DOUBLE_EQ(values.at("mean_relative_error"), (0.5 + 0.25) / 4);
  EXPECT_DOUBLE_EQ(values.at("max_abs_error"), 1);
  EXPECT_NEAR(values.at("cosine"), 0.9780319, 1e-6);
  EXPECT_NEAR(values.at("sqnr_db"), 10 * std::log10(21.25 / 1.25), 1e-12);
  EXPECT_DOUBLE_EQ(values.at("top1_agreement"), 1);
  EXPECT_EQ(accumulator.Result().at(0).elements, 4);
}

TEST(Metrics, EqualOutputs) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({3}, {0, 0, 0}), Output({3}, {0, 0, 0}));
  const auto values = Values(accumulator);
  EXPECT_EQ(values.at("mse"), 0);
  EXPECT_EQ(values.at("cosine"), 1);
  EXPECT_EQ(values.at("sqnr_db"), std::numeric_limits<double>::infinity());
}

TEST(Metrics, Top1PassesOverTrailingOnesAndSkipsScalars) {
  OutputAccumulator rows({"y"});
  rows.Add(Output({2, 3, 1, 1}, {1, 2, 3, 9, 1, 1}), Output({2, 3, 1, 1}, {1, 2, 3, 1, 9, 1}));
  EXPECT_DOUBLE_EQ(Values(rows).at("top1_agreement"), 0.5);
  OutputAccumulator scalar({"y"});
  scalar.Add(Output({}, {1}), Output({}, {2}));
  EXPECT_FALSE(Values(scalar).contains("top1_agreement"));
}

TEST(Metrics, NanIsNotHidden) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({2}, {1, 2}), Output({2}, {std::numeric_limits<float>::quiet_NaN(), 2}));
  EXPECT_TRUE(std::isnan(Values(accumulator).at("max_abs_error")));
  EXPECT_TRUE(std::isnan(Values(accumulator).at("mse")));
}

TEST(Metrics, MissingAndMisshapenOutputsAreNamed) {
  OutputAccumulator accumulator({"y"});
  try {
    accumulator.Add(Output({2}, {1, 2}), {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(e.place().tensor, "y");
  }
  try {
    accumulator.Add(Output({2}, {1, 2}), Output({1}, {1}));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(e.message().find("shape [2] in the first model and [1]"), std::string::npos);
  }
}

TEST(Latency, QuantilesInterpolateAsNumpyDoes) {
  const std::vector<double> sorted = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(Quantile(sorted, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Quantile(sorted, 0.95), 3.85);
  EXPECT_DOUBLE_EQ(Quantile(sorted, 0), 1);
  EXPECT_DOUBLE_EQ(Quantile({7}, 0.95), 7);
}

TEST(Latency, CountsWarmupApart) {
  int calls = 0;
  EXPECT_EQ(TimeRuns([&] { ++calls; }, 3, 2).size(), 3u);
  EXPECT_EQ(calls, 5);
}

}  // namespace
}  // namespace quantab
