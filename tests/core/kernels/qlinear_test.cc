#include "core/kernels/qlinear/qlinear.h"

#include <algorithm>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

int Value(uint8_t byte, bool is_signed) {
  return is_signed ? int{static_cast<int8_t>(byte)} : int{byte};
}

// What double precision gives, before rounding and limits.
double Exact(bool product, const QLinearSide& a, const QLinearSide& b, const QLinearResult& y,
             size_t i) {
  const double left = Value(a.data[i * a.step], a.is_signed) - a.zero;
  const double right = Value(b.data[i * b.step], b.is_signed) - b.zero;
  const double value =
      product ? left * right * a.scale * b.scale : left * a.scale + right * b.scale;
  return value / y.scale + y.zero;
}

class QLinearTest : public KernelTest {};
QUANTAB_TEST_KERNELS(QLinearTest, qlinear_family);

// Each result is the exact one rounded, or, where that lies within float's error of a half, one of
// the two neighbours.
TEST_P(QLinearTest, AddsAndMultiplies) {
  Random random(17);
  for (size_t n : kLengths) {
    for (int kind = 0; kind < 16; ++kind) {
      const bool product = (kind & 8) != 0;
      Buffer<uint8_t> a_data(n + 1), b_data(n + 1), y_data(n);
      a_data.Fill(random, 0, 255);
      b_data.Fill(random, 0, 255);
      const auto side = [&random](const Buffer<uint8_t>& data, bool is_signed, size_t step) {
        return QLinearSide{.data = data.data(),
                           .step = step,
                           .is_signed = is_signed,
                           .scale = random.Float(0.01F, 0.1F),
                           .zero = random.Int(0, 255) - (is_signed ? 128 : 0)};
      };
      const QLinearSide a = side(a_data, (kind & 1) != 0, random.Int(0, 3) == 0 ? 0 : 1);
      const QLinearSide b = side(b_data, (kind & 2) != 0, random.Int(0, 3) == 0 ? 0 : 1);
      const bool y_signed = (kind & 4) != 0;
      const QLinearResult y = {.data = y_data.data(),
                               .is_signed = y_signed,
                               .scale = random.Float(0.01F, 0.3F),
                               .zero = random.Int(0, 255) - (y_signed ? 128 : 0)};
      product ? QLinearMul(n, a, b, y) : QLinearAdd(n, a, b, y);
      const double low = y_signed ? -128 : 0;
      for (size_t i = 0; i < n; ++i) {
        const double exact = std::clamp(Exact(product, a, b, y, i), low, low + 255);
        ASSERT_LE(std::abs(Value(y_data[i], y_signed) - exact), 0.501) << i << " of " << n;
      }
    }
  }
}

// A product and a sum by column, or one for all, rounded as doubles are but near a half.
TEST_P(QLinearTest, ProductAndSumByColumn) {
  Random random(18);
  for (const size_t n : {size_t{1}, size_t{15}, size_t{16}, size_t{33}, size_t{64}}) {
    for (int kind = 0; kind < 8; ++kind) {
      const bool x_signed = (kind & 1) != 0, y_signed = (kind & 2) != 0;
      const size_t step = (kind & 4) != 0 ? 1 : 0, rows = 3;
      Buffer<uint8_t> x(rows * n), y(rows * n);
      x.Fill(random, 0, 255);
      Buffer<float> factor(step == 0 ? 1 : n), rest(step == 0 ? 1 : n);
      factor.Fill(random, -2, 2);
      rest.Fill(random, -100, 200);
      QLinearAffine({.rows = rows,
                     .n = n,
                     .x = x.data(),
                     .x_signed = x_signed,
                     .factor = factor.data(),
                     .rest = rest.data(),
                     .step = step,
                     .y = y.data(),
                     .y_signed = y_signed});
      const double low = y_signed ? -128 : 0;
      for (size_t i = 0; i < rows * n; ++i) {
        const size_t column = i % n * step;
        const double value = Value(x[i], x_signed) * double{factor[column]} + rest[column];
        const double exact = std::clamp(value, low, low + 255);
        ASSERT_LE(std::abs(Value(y[i], y_signed) - exact), 0.501) << i << " of " << n;
      }
    }
  }
}

// A scale so small that its quotient is infinite gives limits, not nonsense.
TEST_P(QLinearTest, InfiniteFactorsGiveTheLimits) {
  const std::vector<uint8_t> data(20, 100);
  std::vector<uint8_t> result(20, 7);
  const QLinearSide side = {
      .data = data.data(), .step = 1, .is_signed = false, .scale = 1e30F, .zero = 100};
  QLinearAdd(20, side, side,
             {.data = result.data(), .is_signed = false, .scale = 1e-30F, .zero = 3});
  for (uint8_t byte : result) EXPECT_EQ(byte, 0);
}

}  // namespace
}  // namespace quantab::kernels
