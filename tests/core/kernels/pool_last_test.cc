#include "core/kernels/pool_last/pool_last.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class PoolLastTest : public KernelTest {};
QUANTAB_TEST_KERNELS(PoolLastTest, pool_last_family);

void Check(const ConvShape& shape, size_t channels, Random& random) {
  SCOPED_TRACE(testing::Message() << shape << " | " << channels << " channels");
  const bool is_signed = random.Bool();
  const auto value = [is_signed](uint8_t byte) {
    return is_signed ? int{static_cast<int8_t>(byte)} : int{byte};
  };
  Buffer<uint8_t> x(shape.InPixels() * channels);
  x.Fill(random, 0, 255);
  Buffer<uint8_t> y(shape.OutPixels() * channels);
  MaxPoolLast(shape, channels, x.data(), is_signed, y.data());
  for (size_t p = 0; p < shape.OutPixels(); ++p) {
    for (size_t c = 0; c < channels; ++c) {
      int want = is_signed ? -128 : 0;
      ForEachTap(shape, p, [&](size_t pixel, size_t) {
        want = std::max(want, value(x[pixel * channels + c]));
      });
      ASSERT_EQ(value(y[p * channels + c]), want) << "pixel " << p << " channel " << c;
    }
  }
}

TEST_P(PoolLastTest, TakesTheLargest) {
  Random random(15);
  for (int round = 0; round < 100; ++round) {
    Check(RandomShape(random, random.Int(1, 3)), static_cast<size_t>(random.Int(1, 40)), random);
  }
}

void CheckF32(const ConvShape& shape, size_t channels, Random& random) {
  SCOPED_TRACE(testing::Message() << shape << " | " << channels << " channels");
  Buffer<float> x(shape.InPixels() * channels);
  x.Fill(random, -4, 4);
  for (size_t i = 0; i < x.size(); i += 37) x[i] = std::numeric_limits<float>::quiet_NaN();
  Buffer<float> y(shape.OutPixels() * channels);
  MaxPoolLastF32(shape, channels, x.data(), y.data());
  for (size_t p = 0; p < shape.OutPixels(); ++p) {
    for (size_t c = 0; c < channels; ++c) {
      float want = std::numeric_limits<float>::lowest();
      bool any_nan = false;
      ForEachTap(shape, p, [&](size_t pixel, size_t) {
        any_nan = any_nan || std::isnan(x[pixel * channels + c]);
        want = std::max(want, x[pixel * channels + c]);
      });
      const float got = y[p * channels + c];
      ASSERT_TRUE(any_nan ? std::isnan(got) : got == want) << "pixel " << p << " channel " << c;
    }
  }
}

TEST_P(PoolLastTest, TakesTheLargestFloat) {
  Random random(17);
  for (int round = 0; round < 100; ++round) {
    CheckF32(RandomShape(random, random.Int(1, 3)), static_cast<size_t>(random.Int(1, 40)), random);
  }
}

TEST_P(PoolLastTest, WindowsOfManyPixels) {
  Random random(16);
  ConvShape shape;
  for (size_t d = 1; d < 3; ++d) {
    shape.in[d] = 14;
    shape.kernel[d] = 13;
    shape.out[d] = 2;
  }
  Check(shape, 19, random);
  CheckF32(shape, 19, random);
}

TEST_P(PoolLastTest, AddsPixelsUp) {
  Random random(18);
  for (int round = 0; round < 60; ++round) {
    const bool is_signed = random.Bool();
    const auto channels = static_cast<size_t>(random.Int(1, 150));
    const auto pixels = static_cast<size_t>(random.Int(0, 700));
    SCOPED_TRACE(testing::Message() << pixels << " pixels of " << channels << " channels");
    Buffer<uint8_t> x(pixels * channels);
    x.Fill(random, 0, 255);
    // Sums that need every bit of what they are kept in on the way.
    const uint8_t extreme = is_signed ? 0x80 : 0xff;
    for (size_t q = 0; q < pixels; ++q) x[q * channels] = extreme;
    Buffer<int32_t> y(channels);
    SumPixels(pixels, channels, x.data(), is_signed, y.data());
    for (size_t c = 0; c < channels; ++c) {
      int32_t want = 0;
      for (size_t q = 0; q < pixels; ++q) {
        const uint8_t byte = x[q * channels + c];
        want += is_signed ? int{static_cast<int8_t>(byte)} : int{byte};
      }
      ASSERT_EQ(y[c], want) << "channel " << c;
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
