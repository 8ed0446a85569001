#include "core/kernels/extremes/extremes.h"

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ExtremesTest : public KernelTest {};
QUANTAB_TEST_KERNELS(ExtremesTest, extremes_family);

TEST_P(ExtremesTest, FindsEachAtAnyPlace) {
  Random random(90);
  for (size_t n : kLengths) {
    for (size_t place = 0; place < n; ++place) {
      Buffer<float> x(n);
      x.Fill(random, 1, 2);
      const float value = random.Bool() ? 0.5F : 3.0F;
      x[place] = value;
      Extremes found = FindExtremes(n, x.data());
      EXPECT_EQ(value < 1 ? found.min : found.max, value);
      EXPECT_EQ(found.least, found.min);
      x[place] = -0.25F;
      found = FindExtremes(n, x.data());
      EXPECT_EQ(found.min, -0.25F);
      EXPECT_EQ(found.least, 0.25F);
    }
  }
}

TEST_P(ExtremesTest, PassesOverNanAndKeepsInfinity) {
  for (size_t n : kLengths) {
    Buffer<float> x(n);
    for (size_t i = 0; i < n; ++i) x[i] = i % 2 == 0 ? kNan : static_cast<float>(i);
    const Extremes found = FindExtremes(n, x.data());
    EXPECT_EQ(found.min, n < 2 ? kInfinity : 1.0F);
    EXPECT_EQ(found.max, n < 2 ? -kInfinity : static_cast<float>((n - 2) / 2 * 2 + 1));
    EXPECT_EQ(found.least, n < 2 ? kInfinity : 1.0F);
    if (n == 0) continue;
    x[n - 1] = -kInfinity;
    EXPECT_EQ(FindExtremes(n, x.data()).min, -kInfinity);
  }
}

}  // namespace
}  // namespace quantab::kernels
