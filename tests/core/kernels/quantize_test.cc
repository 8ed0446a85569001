#include "core/kernels/quantize/quantize.h"

#include <algorithm>
#include <cmath>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class QuantizeTest : public KernelTest {
 protected:
  static void CheckQuantize(const Buffer<float>& x, float scale, int32_t zero) {
    const size_t n = x.size();
    Buffer<uint8_t> u(n);
    Buffer<int8_t> s(n, 5);
    QuantizeU8(n, x.data(), scale, zero + 128, u.data());
    QuantizeS8(n, x.data(), scale, zero, s.data());
    for (size_t i = 0; i < n; ++i) {
      // The quotient is a float; what follows is exact in double.
      const float quotient = x[i] / scale;
      const double rounded = std::nearbyint(static_cast<double>(quotient)) + zero;
      const int want =
          std::isnan(quotient) ? -128 : static_cast<int>(std::clamp(rounded, -128.0, 127.0));
      ASSERT_EQ(s[i], want) << x[i] << " / " << scale << " + " << zero;
      ASSERT_EQ(u[i], want + 128) << x[i] << " / " << scale << " + " << zero + 128;
    }
  }
};
QUANTAB_TEST_KERNELS(QuantizeTest, quantize_family);

TEST_P(QuantizeTest, Quantizes) {
  Random random(20);
  for (size_t n : kLengths) {
    Buffer<float> x(n);
    x.Fill(random, -300, 300);
    CheckQuantize(x, random.Float(0.5F, 3), random.Int(-128, 127));
  }
}

TEST_P(QuantizeTest, RoundsHalvesToEvenAndSaturates) {
  Buffer<float> x(700);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 0.5F * (static_cast<float>(i) - 350);
  for (int32_t zero : {-128, -1, 0, 1, 127}) {
    CheckQuantize(x, 1, zero);
    CheckQuantize(x, 0.25F, zero);
    CheckQuantize(x, -2, zero);
  }
}

TEST_P(QuantizeTest, TakesExtremes) {
  constexpr float kMax = std::numeric_limits<float>::max();
  Buffer<float> x(11);
  const float values[] = {kNan,  kInfinity, -kInfinity, kMax,          -kMax,         0.0F,
                          -0.0F, 1e-45F,    -1e-45F,    2147483648.0F, -2147483648.0F};
  std::copy_n(values, 11, x.data());
  for (float scale : {1.0F, 1e-30F, 1e30F, 1e-45F}) {
    for (int32_t zero : {-128, 0, 127}) CheckQuantize(x, scale, zero);
  }
}

TEST_P(QuantizeTest, Dequantizes) {
  Random random(21);
  for (size_t n : kLengths) {
    Buffer<uint8_t> u(n);
    Buffer<int8_t> s(n, 3);
    Buffer<int32_t> w(n);
    Buffer<float> y(n);
    u.Fill(random, 0, 255);
    s.Fill(random, -128, 127);
    w.Fill(random, -2000000000, 2000000000);
    const float scale = random.Float(-2, 2);
    const int32_t zero = random.Int(-128, 127);
    DequantizeU8(n, u.data(), scale, zero + 128, y.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], static_cast<float>(u[i] - zero - 128) * scale);
    DequantizeS8(n, s.data(), scale, zero, y.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], static_cast<float>(s[i] - zero) * scale);
    DequantizeS32(n, w.data(), scale, zero, y.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], static_cast<float>(w[i] - zero) * scale);
  }
}

TEST_P(QuantizeTest, FindsTheRange) {
  Random random(22);
  for (size_t n : kLengths) {
    Buffer<float> x(n);
    x.Fill(random, -1, 1);
    for (size_t i = 0; i < n / 3; ++i) {
      x[static_cast<size_t>(random.Int(0, static_cast<int>(n) - 1))] = kNan;
    }
    FloatRange want = {kInfinity, -kInfinity};
    for (size_t i = 0; i < n; ++i) {
      if (std::isnan(x[i])) continue;
      want.min = std::min(want.min, x[i]);
      want.max = std::max(want.max, x[i]);
    }
    const FloatRange got = MinMax(n, x.data());
    ASSERT_EQ(got.min, want.min);
    ASSERT_EQ(got.max, want.max);
  }
  // Each position in turn holds the extreme.
  for (size_t at = 0; at < 37; ++at) {
    Buffer<float> x(37);
    x[at] = -kInfinity;
    EXPECT_EQ(MinMax(37, x.data()).min, -kInfinity);
    x[at] = 3;
    EXPECT_EQ(MinMax(37, x.data()).max, 3);
  }
}

// The examples of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear in the documentation
// of ai.onnx.
TEST_P(QuantizeTest, MatchesTheOnnxExamples) {
  const float x[6] = {0, 2, 3, 1000, -254, -1000};
  const uint8_t want_y[6] = {128, 129, 130, 255, 1, 0};
  uint8_t y[6];
  QuantizeU8(6, x, 2, 128, y);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y[i], want_y[i]);

  const uint8_t quantized[4] = {0, 3, 128, 255};
  const float want_f[4] = {-256, -250, 0, 254};
  float f[4];
  DequantizeU8(4, quantized, 2, 128, f);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(f[i], want_f[i]);

  const float dynamic[6] = {0, 2, -3, -2.5F, 1.34F, 0.5F};
  const U8Parameters parameters = DynamicQuantizeParameters(MinMax(6, dynamic));
  EXPECT_FLOAT_EQ(parameters.scale, 0.0196078438F);
  EXPECT_EQ(parameters.zero, 153);
  const uint8_t want_dynamic[6] = {153, 255, 0, 26, 221, 179};
  QuantizeU8(6, dynamic, parameters.scale, parameters.zero, y);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y[i], want_dynamic[i]);

  const float adjusted[6] = {-1.0F, -2.1F, -1.3F, -2.5F, -3.34F, -4.0F};
  const U8Parameters low = DynamicQuantizeParameters(MinMax(6, adjusted));
  EXPECT_FLOAT_EQ(low.scale, 0.0156862754F);
  EXPECT_EQ(low.zero, 255);
  const uint8_t want_low[6] = {191, 121, 172, 96, 42, 0};
  QuantizeU8(6, adjusted, low.scale, low.zero, y);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y[i], want_low[i]);
}

TEST(DynamicQuantizeParametersTest, HandlesDegenerateRanges) {
  const U8Parameters zero = DynamicQuantizeParameters({0, 0});
  EXPECT_EQ(zero.scale, 1);
  EXPECT_EQ(zero.zero, 0);
  const U8Parameters empty = DynamicQuantizeParameters({kInfinity, -kInfinity});
  EXPECT_EQ(empty.scale, 1);
  EXPECT_EQ(empty.zero, 0);
  const U8Parameters positive = DynamicQuantizeParameters({2, 255});
  EXPECT_EQ(positive.scale, 1);
  EXPECT_EQ(positive.zero, 0);
}

}  // namespace
}  // namespace quantab::kernels
