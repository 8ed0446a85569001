#include "core/kernels/pool/pool.h"

#include <algorithm>
#include <cmath>

#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class PoolTest : public KernelTest {
 protected:
  template <typename T>
  static void CheckMax(void (*run)(const ConvShape&, size_t, const T*, T*), Random& random) {
    const ConvShape shape = RandomShape(random, random.Int(1, 3));
    SCOPED_TRACE(testing::Message() << shape);
    const auto planes = static_cast<size_t>(random.Int(1, 3));
    Buffer<T> x(planes * shape.InPixels());
    Buffer<T> y(planes * shape.OutPixels());
    x.Fill(random, std::is_signed_v<T> ? -128 : 0, std::is_signed_v<T> ? 127 : 255);
    if constexpr (std::is_same_v<T, float>) {
      if (random.Bool()) x[x.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    }
    run(shape, planes, x.data(), y.data());
    for (size_t i = 0; i < y.size(); ++i) {
      double want = static_cast<double>(std::numeric_limits<T>::lowest());
      ForEachTap(shape, i % shape.OutPixels(), [&](size_t pixel, size_t) {
        const auto value = static_cast<double>(x[i / shape.OutPixels() * shape.InPixels() + pixel]);
        if (std::isnan(value) || value > want) want = value;
      });
      ASSERT_TRUE(Near(static_cast<double>(y[i]), want, {})) << i;
    }
  }
};
QUANTAB_TEST_KERNELS(PoolTest, pool_family);

TEST_P(PoolTest, FindsTheLargest) {
  Random random(40);
  for (int round = 0; round < 100; ++round) {
    CheckMax<float>(MaxPoolF32, random);
    CheckMax<uint8_t>(MaxPoolU8, random);
    CheckMax<int8_t>(MaxPoolS8, random);
  }
}

// Rows and windows wider than what a kernel takes at a time.
TEST_P(PoolTest, FindsTheLargestOfWideRows) {
  Random random(42);
  for (const size_t kernel : {3, 900, 1024, 1025, 1500}) {
    for (const size_t stride : {1, 2, 3, 700}) {
      ConvShape shape;
      shape.in = {1, 2, 2500};
      shape.kernel = {1, 2, kernel};
      shape.stride = {1, 1, stride};
      shape.pad = {0, 1, 2};
      shape.out = {1, 2, ConvOutSize(2500, kernel, stride, 1, 2, 2)};
      SCOPED_TRACE(testing::Message() << shape);
      Buffer<float> x(shape.InPixels());
      Buffer<float> y(shape.OutPixels());
      x.Fill(random, -1, 1);
      MaxPoolF32(shape, 1, x.data(), y.data());
      for (size_t i = 0; i < y.size(); ++i) {
        float want = std::numeric_limits<float>::lowest();
        ForEachTap(shape, i, [&](size_t pixel, size_t) { want = std::max(want, x[pixel]); });
        ASSERT_EQ(y[i], want) << i;
      }
    }
  }
}

TEST_P(PoolTest, Averages) {
  Random random(41);
  for (int round = 0; round < 200; ++round) {
    std::array<size_t, 3> pad_end;
    const ConvShape shape = RandomShape(random, random.Int(1, 3), &pad_end);
    SCOPED_TRACE(testing::Message() << shape);
    const bool count_pad = random.Bool();
    const auto planes = static_cast<size_t>(random.Int(1, 3));
    Buffer<float> x(planes * shape.InPixels());
    Buffer<float> y(planes * shape.OutPixels());
    x.Fill(random, -1, 1);
    AveragePoolF32(shape, planes, pad_end, count_pad, x.data(), y.data());
    // Every window lies within the padded input, so that a padded count is the whole kernel.
    ConvShape padded = shape;
    for (int d = 0; d < 3; ++d) {
      padded.in[d] = shape.in[d] + shape.pad[d] + pad_end[d];
      padded.pad[d] = 0;
    }
    for (size_t i = 0; i < y.size(); ++i) {
      double sum = 0;
      size_t count = 0;
      ForEachTap(shape, i % shape.OutPixels(), [&](size_t pixel, size_t) {
        sum += x[i / shape.OutPixels() * shape.InPixels() + pixel];
        ++count;
      });
      if (count_pad) {
        count = 0;
        ForEachTap(padded, i % shape.OutPixels(), [&](size_t, size_t) { ++count; });
      }
      const double want = count == 0 ? 0 : sum / static_cast<double>(count);
      ASSERT_TRUE(Near(y[i], want, {.relative = 2, .absolute = 8})) << i;
    }
  }
}

// Rounding the output size up lets the last windows reach beyond the padded input: those taps do
// not count.
TEST_P(PoolTest, CountsOnlyThePaddedInputWhenTheLastWindowReachesBeyond) {
  ConvShape shape;
  shape.in = {1, 1, 5};
  shape.kernel = {1, 1, 3};
  shape.stride = {1, 1, 3};
  shape.pad = {0, 0, 1};
  shape.out = {1, 1, 3};
  const float x[5] = {2, 4, 6, 8, 10};
  float y[3];
  AveragePoolF32(shape, 1, {0, 0, 1}, true, x, y);
  EXPECT_FLOAT_EQ(y[0], 2);  // one pad and two values over 3
  EXPECT_FLOAT_EQ(y[1], 8);  // three values
  EXPECT_FLOAT_EQ(y[2], 0);  // the pad alone, over 1
  AveragePoolF32(shape, 1, {0, 0, 1}, false, x, y);
  EXPECT_FLOAT_EQ(y[0], 3);
  EXPECT_FLOAT_EQ(y[1], 8);
  EXPECT_FLOAT_EQ(y[2], 0);
}

}  // namespace
}  // namespace quantab::kernels
