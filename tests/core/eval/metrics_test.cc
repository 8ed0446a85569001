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

// Expected values by numpy: p = [0.5, 0.25, 0.25], q = [0.4, 0.4, 0.2], and p = q for the second.
TEST(Metrics, DivergenceIsTheMeanOverRows) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({2, 3}, {0.5, 0.25, 0.25, 0.2F, 0.3F, 0.5}),
                  Output({2, 3}, {0.4F, 0.4F, 0.2F, 0.2F, 0.3F, 0.5}));
  EXPECT_NEAR(Values(accumulator).at("kl_divergence"), 0.0498567 / 2, 1e-6);
}

// What rounding does to probabilities: 0 where there was some, and sums beside 1.
TEST(Metrics, DivergenceOfRoundedProbabilitiesIsFinite) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({2}, {0.999F, 0.001F}), Output({2}, {0.996F, 0}));
  const double expected = 0.999 * std::log(0.999 / (0.996 / (0.996 + 1e-9))) +
                          0.001 * std::log(0.001 / (1e-9 / (0.996 + 1e-9)));
  EXPECT_NEAR(Values(accumulator).at("kl_divergence"), expected, 1e-6);
}

TEST(Metrics, DivergenceAppliesToDistributionsOnly) {
  const std::vector<std::vector<float>> others = {{0.5, 0.49F}, {1.1F, -0.1F}, {3, 4}};
  for (const std::vector<float>& row : others) {
    OutputAccumulator accumulator({"y"});
    accumulator.Add(Output({2}, {0.5, 0.5}), Output({2}, {0.5, 0.5}));
    EXPECT_TRUE(Values(accumulator).contains("kl_divergence"));
    accumulator.Add(Output({2}, row), Output({2}, {0.5, 0.5}));
    EXPECT_FALSE(Values(accumulator).contains("kl_divergence"));
  }
}

TEST(Metrics, Top5AgreementLooksForTheLargestElement) {
  OutputAccumulator accumulator({"y"});
  // The largest is the fifth of the other, then the sixth, of equal ones the last.
  accumulator.Add(Output({2, 6}, {9, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1}),
                  Output({2, 6}, {2, 9, 8, 7, 6, 1, 3, 3, 3, 3, 3, 3}));
  EXPECT_DOUBLE_EQ(Values(accumulator).at("top5_agreement"), 0.5);
  OutputAccumulator few({"y"});
  few.Add(Output({5}, {1, 2, 3, 4, 5}), Output({5}, {1, 2, 3, 4, 5}));
  EXPECT_FALSE(Values(few).contains("top5_agreement"));
}

TEST(Metrics, AccuracyIsThatOfBothModels) {
  OutputAccumulator accumulator({"y"});
  accumulator.Add(Output({1, 6}, {9, 8, 7, 6, 5, 4}), Output({1, 6}, {8, 9, 7, 6, 5, 4}), 0);
  accumulator.Add(Output({1, 6}, {9, 8, 7, 6, 5, 4}), Output({1, 6}, {9, 8, 7, 6, 4, 5}), 4);
  const auto values = Values(accumulator);
  EXPECT_DOUBLE_EQ(values.at("top1_accuracy"), 0);
  EXPECT_DOUBLE_EQ(values.at("reference_top1_accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(values.at("top5_accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(values.at("reference_top5_accuracy"), 1);
}

TEST(Metrics, AccuracyNeedsALabelForEachRow) {
  const auto has = [](Shape shape, std::optional<int64_t> label) {
    const std::vector<float> scores(static_cast<size_t>(ElementCount(shape)), 1);
    OutputAccumulator accumulator({"y"});
    accumulator.Add(Output(shape, scores), Output(shape, scores), label);
    return Values(accumulator).contains("top1_accuracy");
  };
  EXPECT_TRUE(has({1, 3}, 2));
  EXPECT_TRUE(has({1, 3, 1, 1}, 2));
  EXPECT_FALSE(has({1, 3}, 3));
  EXPECT_FALSE(has({1, 3}, std::nullopt));
  EXPECT_FALSE(has({2, 3}, 2));
  EXPECT_FALSE(has({}, 0));
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

TEST(Latency, WorksTakeTurnsAndWarmupCountsApart) {
  std::string calls;
  const std::function<void()> works[] = {[&] { calls += 'a'; }, [&] { calls += 'b'; }};
  const std::vector<std::vector<double>> times = TimeInTurns(works, 3, 2);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0].size(), 3U);
  EXPECT_EQ(times[1].size(), 3U);
  EXPECT_EQ(calls, "ababababab");
}

}  // namespace
}  // namespace quantab
