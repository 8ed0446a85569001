#include "core/kernels/weight_codes/weight_codes.h"

#include <algorithm>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class WeightCodesTest : public KernelTest {
 protected:
  // Against the formula, in double after the quotient.
  template <typename Code>
  void Check(const Buffer<float>& x, const CodeParameters& p) {
    const size_t n = x.size();
    Buffer<Code> y(n, 3);
    WeightCodes(n, x.data(), p, y.data());
    for (size_t i = 0; i < n; ++i) {
      const size_t at = p.each ? i : 0;
      const float quotient = x[i] / p.scale[at];
      const double rounded = std::nearbyint(static_cast<double>(quotient)) + p.zero[at];
      const int want = std::isnan(quotient)
                           ? p.low
                           : static_cast<int>(std::clamp(rounded, static_cast<double>(p.low),
                                                         static_cast<double>(p.high)));
      ASSERT_EQ(y[i], want) << x[i] << " / " << p.scale[at] << " + " << p.zero[at] << " at " << i;
    }
  }

  // All types and widths, with one scale and zero for all and with those given for each.
  void CheckAll(const Buffer<float>& x, const Buffer<float>& scales, Random& random) {
    CheckRange<uint8_t>(x, scales, random, 0, 255);
    CheckRange<uint8_t>(x, scales, random, 0, 15);
    CheckRange<int8_t>(x, scales, random, -128, 127);
    CheckRange<int8_t>(x, scales, random, -8, 7);
    CheckRange<uint16_t>(x, scales, random, 0, 65535);
    CheckRange<int16_t>(x, scales, random, -32768, 32767);
  }

 private:
  template <typename Code>
  void CheckRange(const Buffer<float>& x, const Buffer<float>& scales, Random& random, int low,
                  int high) {
    Buffer<int32_t> zeros(scales.size());
    for (size_t i = 0; i < zeros.size(); ++i) zeros[i] = random.Int(low, high);
    zeros[0] = random.Bool() ? low : high;
    for (const bool each : {false, true}) {
      Check<Code>(
          x,
          {.scale = scales.data(), .zero = zeros.data(), .each = each, .low = low, .high = high});
    }
  }
};
QUANTAB_TEST_KERNELS(WeightCodesTest, weight_codes_family);

TEST_P(WeightCodesTest, QuantizesRandomElements) {
  Random random(93);
  for (size_t n : kLengths) {
    for (const float range : {3.0F, 300.0F, 70000.0F}) {
      Buffer<float> x(n);
      x.Fill(random, -range, range);
      Buffer<float> scales(std::max<size_t>(n, 1));
      scales.Fill(random, 0.5F, 3);
      CheckAll(x, scales, random);
    }
  }
}

TEST_P(WeightCodesTest, RoundsHalvesToEvenAndClips) {
  Random random(94);
  Buffer<float> x(1403);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 0.5F * (static_cast<float>(i) - 701);
  for (const float scale : {1.0F, 0.25F, 0x1p-8F}) {
    Buffer<float> scales(x.size());
    for (size_t i = 0; i < scales.size(); ++i) scales[i] = scale;
    CheckAll(x, scales, random);
  }
}

TEST_P(WeightCodesTest, TakesExtremes) {
  Random random(95);
  constexpr float kMost = std::numeric_limits<float>::max();
  const float values[] = {kNan,  kInfinity, -kInfinity, kMost,         -kMost,        0.0F,
                          -0.0F, 1e-45F,    -1e-45F,    2147483648.0F, -2147483648.0F};
  Buffer<float> x(22);
  for (size_t i = 0; i < x.size(); ++i) x[i] = values[i % 11];
  for (const float scale : {1.0F, 1e-30F, 1e30F, 1e-45F}) {
    Buffer<float> scales(x.size());
    for (size_t i = 0; i < scales.size(); ++i) scales[i] = scale;
    CheckAll(x, scales, random);
  }
}

TEST_P(WeightCodesTest, PacksPairs) {
  Random random(96);
  for (size_t n : kLengths) {
    Buffer<uint8_t> codes(n);
    codes.Fill(random, 0, 255);
    Buffer<uint8_t> y((n + 1) / 2);
    PackNibbles(n, codes.data(), y.data());
    for (size_t i = 0; i < y.size(); ++i) {
      const int high = 2 * i + 1 < n ? codes[2 * i + 1] % 16 : 0;
      ASSERT_EQ(y[i], codes[2 * i] % 16 + 16 * high) << i << " of " << n;
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
