#include "core/kernels/skeleton/skeleton.h"

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class SkeletonTest : public KernelTest {};
QUANTAB_TEST_KERNELS(SkeletonTest, skeleton_family);

TEST_P(SkeletonTest, ScalesAndShifts) {
  Random random(1);
  for (size_t n : kLengths) {
    Buffer<float> x(n);
    Buffer<float> y(n, 3);
    x.Fill(random, -10, 10);
    const float scale = random.Float(-2, 2);
    const float shift = random.Float(-2, 2);
    Skeleton(n, x.data(), scale, shift, y.data());
    for (size_t i = 0; i < n; ++i) {
      const double want = static_cast<double>(x[i]) * scale + shift;
      ASSERT_TRUE(Near(y[i], want, {.relative = 1, .absolute = 20})) << "n " << n << " i " << i;
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
