#include "core/calib/channel_statistics.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(ChannelStatistics, KeepsTheLargestMagnitudeAndTheMeanOfEachChannel) {
  ChannelStatistics statistics({{"image", 1}, {"rows", -1}});
  EXPECT_TRUE(statistics.Wants("image"));
  EXPECT_FALSE(statistics.Wants("other"));
  statistics.OnTensor("image", F32({1, 2, 1, 2}, {1, -3, 0.5F, 0.25F}));
  statistics.OnTensor("image", F32({2, 2, 1, 1}, {2, -1, 4, 0.25F}));
  statistics.OnTensor("rows", F32({3, 2}, {1, 10, 2, 20, -6, 30}));
  EXPECT_EQ(statistics.Maxima()["image"], (std::vector<float>{4, 1}));
  // (1 - 3 + 2 + 4) / 4 and (0.5 + 0.25 - 1 + 0.25) / 4
  EXPECT_EQ(statistics.Means()["image"], (std::vector<double>{1, 0}));
  EXPECT_EQ(statistics.Maxima()["rows"], (std::vector<float>{6, 30}));
  EXPECT_EQ(statistics.Means()["rows"], (std::vector<double>{-1, 20}));
}

TEST(ChannelStatistics, IgnoresWhatIsNotFinite) {
  ChannelStatistics statistics({{"x", -1}});
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  statistics.OnTensor("x", F32({3, 1}, {2, kInfinity, std::nanf("")}));
  EXPECT_EQ(statistics.Maxima()["x"], std::vector<float>{2});
  EXPECT_EQ(statistics.Means()["x"], std::vector<double>{2});
}

TEST(ChannelStatistics, ForgetsATensorWhoseChannelsVaryOrThatLacksTheAxis) {
  ChannelStatistics statistics({{"varies", 1}, {"flat", 1}, {"empty", 0}});
  statistics.OnTensor("varies", F32({1, 2}, {1, 2}));
  statistics.OnTensor("varies", F32({1, 3}, {1, 2, 3}));
  statistics.OnTensor("flat", F32({2}, {1, 2}));
  statistics.OnTensor("empty", F32({0, 2}, {}));
  EXPECT_TRUE(statistics.Maxima().empty());
  EXPECT_TRUE(statistics.Means().empty());
}

}  // namespace
}  // namespace quantab
