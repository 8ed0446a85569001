// Samples shared out to several collectors give what one collector finds, to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/calib/collector.h"
#include "tests/core/calib/calib_testing.h"

namespace quantab {
namespace {

struct Case {
  std::string name, method;
  CalibSettings settings;
};

class SharedStatistics : public testing::TestWithParam<Case> {
 protected:
  static constexpr size_t kMembers = 3;
  static constexpr int kSamples = 17;

  Collector Make() const {
    return Collector(GetParam().method, GetParam().settings, {"x", "seldom", "odd"});
  }

  // "x" is in every sample, "seldom" in few; "odd" holds what is not finite.
  static void Show(Collector& collector, int sample) {
    std::mt19937 random(static_cast<unsigned>(sample));
    const auto values = [&](size_t count) {
      std::vector<float> all(count);
      for (float& x : all) x = static_cast<float>(static_cast<int>(random() % 2001) - 700) / 97;
      return all;
    };
    collector.OnTensor("x", Floats({2, 3, 5}, values(30)));
    if (sample % 7 == 2) collector.OnTensor("seldom", Floats({1, 4}, values(4)));
    if (sample % 5 == 1) collector.OnTensor("odd", Floats({NAN, INFINITY, -1.5f}));
  }
};

INSTANTIATE_TEST_SUITE_P(
    Methods, SharedStatistics,
    testing::Values(
        Case{"MinMax", "MinMax", {}}, Case{"Symmetric", "MinMax", {.symmetric = true}},
        Case{"MovingAverage", "MinMax", {.moving_average = true}},
        Case{"Channels", "MinMax", {.per_channel = true}},
        Case{"AveragedChannels", "MinMax", {.moving_average = true, .per_channel = true}},
        Case{"Entropy", "Entropy", {}}, Case{"Percentile", "Percentile", {}},
        Case{"Mse", "MSE", {}}, Case{"Distribution", "Distribution", {}}),
    [](const auto& each) { return each.param.name; });

TEST_P(SharedStatistics, AreThoseOfOne) {
  Collector alone = Make();
  std::vector<Collector> members;
  for (size_t i = 0; i < kMembers; ++i) members.push_back(Make());
  for (int pass = 1; pass <= alone.passes(); ++pass) {
    alone.StartPass(pass);
    for (Collector& member : members) member.StartPass(pass);
    std::vector<std::vector<std::byte>> apart;
    for (int sample = 0; sample < kSamples; ++sample) {
      Show(alone, sample);
      // The first sees none of the last samples, so that it has less than what it takes in.
      Collector& member = members[sample < 1 ? 0 : 1 + static_cast<size_t>(sample) % 2];
      Show(member, sample);
      if (pass == 1) apart.push_back(member.TakeStatistics());
    }
    if (pass == 2) {
      for (size_t i = 1; i < kMembers; ++i) {
        members[0].MergeStatistics(members[i].TakeStatistics());
      }
    }
    for (Collector& member : members) {
      for (const auto& bytes : apart) member.MergeStatistics(bytes);
    }
  }
  EXPECT_EQ(ToText(members[0].Ranges()), ToText(alone.Ranges()));
  EXPECT_FALSE(alone.Ranges().ranges.empty());
}

TEST_P(SharedStatistics, OfOtherBytesAreRefused) {
  Collector from = Make();
  from.StartPass(1);
  Show(from, 1);
  const std::vector<std::byte> bytes = from.TakeStatistics();
  for (size_t size = 0; size < bytes.size(); ++size) {
    Collector to = Make();
    to.StartPass(1);
    EXPECT_THROW(to.MergeStatistics(std::span(bytes).first(size)), Error) << size;
  }
  Collector other("MinMax", {}, {"y"});
  EXPECT_THROW(other.MergeStatistics(bytes), Error);
}

TEST(SharedStatisticsOfTwo, OfOtherBinsAreRefused) {
  Collector few("Entropy", {.num_bins = 256}, {"x"});
  Collector many("Entropy", {.num_bins = 512}, {"x"});
  for (Collector* each : {&few, &many}) {
    for (int pass = 1; pass <= 2; ++pass) {
      each->StartPass(pass);
      each->OnTensor("x", Floats({1, 2, 3}));
    }
  }
  EXPECT_THROW(many.MergeStatistics(few.TakeStatistics()), Error);
}

}  // namespace
}  // namespace quantab
