#include "core/kernels/weight_range/weight_range.h"

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kMost = std::numeric_limits<float>::max();

class WeightRangeTest : public KernelTest {};
QUANTAB_TEST_KERNELS(WeightRangeTest, weight_range_family);

TEST_P(WeightRangeTest, HoldsAllElements) {
  Random random(91);
  for (size_t n : kLengths) {
    for (size_t place = 0; place < n; ++place) {
      Buffer<float> x(n);
      x.Fill(random, -1, 1);
      x[place] = random.Bool() ? -3.0F : kMost;
      float least = kInfinity;
      float most = -kInfinity;
      for (size_t i = 0; i < n; ++i) {
        least = std::min(least, x[i]);
        most = std::max(most, x[i]);
      }
      float min = kInfinity;
      float max = -kInfinity;
      ASSERT_TRUE(WidenRange(n, x.data(), min, max));
      ASSERT_EQ(min, least);
      ASSERT_EQ(max, most);
    }
  }
}

TEST_P(WeightRangeTest, KeepsWhatIsWider) {
  for (size_t n : kLengths) {
    const Buffer<float> x(n);
    float min = -0.5F;
    float max = 0.25F;
    EXPECT_TRUE(WidenRange(n, x.data(), min, max));
    EXPECT_EQ(min, -0.5F);
    EXPECT_EQ(max, 0.25F);
  }
}

TEST_P(WeightRangeTest, WidensEachBySomeElement) {
  Random random(92);
  for (size_t n : kLengths) {
    Buffer<float> x(n);
    Buffer<float> min(n, 2);
    Buffer<float> max(n, 3);
    x.Fill(random, -2, 2);
    min.Fill(random, -1, 0);
    max.Fill(random, 0, 1);
    std::vector<float> least(n);
    std::vector<float> most(n);
    for (size_t i = 0; i < n; ++i) {
      least[i] = std::min(min[i], x[i]);
      most[i] = std::max(max[i], x[i]);
    }
    ASSERT_TRUE(WidenRanges(n, x.data(), min.data(), max.data()));
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(min[i], least[i]);
      ASSERT_EQ(max[i], most[i]);
    }
  }
}

TEST_P(WeightRangeTest, SeesWhatIsNotFinite) {
  for (float bad : {kNan, -kNan, kInfinity, -kInfinity}) {
    for (size_t n : kLengths) {
      for (size_t place = 0; place < n; ++place) {
        Buffer<float> x(n);
        Buffer<float> min(n);
        Buffer<float> max(n);
        for (size_t i = 0; i < n; ++i) x[i] = i % 2 == 0 ? kMost : -kMost;
        x[place] = bad;
        float one_min = 0;
        float one_max = 0;
        ASSERT_FALSE(WidenRange(n, x.data(), one_min, one_max));
        ASSERT_FALSE(WidenRanges(n, x.data(), min.data(), max.data()));
        if (std::isnan(bad)) {
          ASSERT_EQ(min[place], 0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
