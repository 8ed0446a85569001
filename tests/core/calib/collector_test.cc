// What is watched, in how many passes, with which settings.
#include "core/calib/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "tests/core/calib/calib_testing.h"

namespace quantab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

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

TEST(Collector, EveryMethodOfNothingGivesNoRange) {
  for (const CalibMethodDef& def : CalibMethodRegistry::Get().all()) {
    Collector collector(def.name, {}, {"empty", "nan", "infinite"});
    for (int pass = 1; pass <= collector.passes(); ++pass) {
      collector.StartPass(pass);
      collector.OnTensor("empty", Floats({2, 0}, {}));
      collector.OnTensor("nan", Floats({std::numeric_limits<float>::quiet_NaN()}));
      collector.OnTensor("infinite", Floats({kInfinity, -kInfinity}));
    }
    EXPECT_TRUE(collector.Ranges().ranges.empty()) << def.name;
  }
}

TEST(Collector, FirstPassForgetsAndOthersMustExist) {
  Collector collector("MinMax", {}, {"x"});
  EXPECT_EQ(collector.passes(), 1);
  collector.OnTensor("x", Floats({5}));
  collector.StartPass(1);
  collector.OnTensor("x", Floats({1}));
  EXPECT_EQ(collector.Ranges().ranges.at("x"), (TensorRange{1, 1}));
  EXPECT_THROW(collector.StartPass(0), Error);
  EXPECT_THROW(collector.StartPass(2), Error);
  EXPECT_EQ(Collector("Entropy", {}, {}).passes(), 2);
}

class Listener final : public Monitor {
 public:
  void OnLog(LogLevel level, std::string_view message) override {
    EXPECT_EQ(level, LogLevel::kWarning);
    messages.emplace_back(message);
  }
  std::vector<std::string> messages;
};

TEST(Collector, WarnsOfInfinitiesOnce) {
  for (const char* method : {"MinMax", "Percentile"}) {
    Collector collector(method, {}, {"a", "b", "c"});
    for (int pass = 1; pass <= collector.passes(); ++pass) {
      collector.StartPass(pass);
      collector.OnTensor("a", Floats({kInfinity, 1, -kInfinity}));
      collector.OnTensor("b", Floats({1, 2}));
      collector.OnTensor("c", Floats({-kInfinity, 2}));
    }
    Listener listener;
    EXPECT_EQ(collector.Ranges(&listener).ranges.size(), 3u);
    ASSERT_EQ(listener.messages.size(), 1u);
    EXPECT_THAT(listener.messages[0], testing::HasSubstr("3 in all, of 'a', 'c'"));
  }
}

std::string Refusal(std::string_view method, const CalibSettings& settings) {
  try {
    Collector(method, settings, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "accepted";
}

TEST(Collector, RefusesUnknownMethodsAndSettingsOutOfRange) {
  using testing::HasSubstr;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Refusal("MaxMin", {}), HasSubstr("'Entropy'"));
  for (double constant : {-0.1, 1.5, nan}) {
    EXPECT_THAT(Refusal("MinMax", {.averaging_constant = constant}),
                HasSubstr("'calib_moving_average_constant'"));
  }
  for (double percentile : {-0.1, 100.5, nan}) {
    EXPECT_THAT(Refusal("Percentile", {.percentile = percentile}), HasSubstr("'calib_percentile'"));
  }
  EXPECT_THAT(Refusal("MinMax", {.chunk = 0}), HasSubstr("'calib_strided_min_max'"));
  for (int64_t bins : {int64_t{0}, int64_t{-1}, (int64_t{1} << 20) + 1, INT64_MAX}) {
    EXPECT_THAT(Refusal("Percentile", {.num_bins = bins}), HasSubstr("'calib_num_bins'"));
    EXPECT_THAT(Refusal("Entropy", {.num_quantized_bins = bins}),
                HasSubstr("'calib_num_quantized_bins'"));
  }
  EXPECT_THAT(Refusal("MinMax", {.scenario = "p4"}), HasSubstr("'calib_scenario'"));
  EXPECT_EQ(Refusal("Percentile", {.percentile = 0, .num_bins = 1}), "accepted");
}

TEST(Collector, RefusesSettingsThatAMethodCannotUse) {
  using testing::HasSubstr;
  EXPECT_THAT(Refusal("Entropy", {.num_bins = 100}), HasSubstr("more than the 100 bins"));
  EXPECT_THAT(Refusal("Entropy", {.num_bins = 20000}), HasSubstr("16384 at most"));
  EXPECT_THAT(Refusal("Distribution", {.num_bins = 511}), HasSubstr("512 at least"));
  EXPECT_EQ(Refusal("Distribution", {.num_bins = 512}), "accepted");
}

}  // namespace
}  // namespace quantab
