#include "core/kernels/norm/norm.h"

#include <cmath>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr double kPromised = 1e-5 / std::numeric_limits<float>::epsilon();
constexpr Tolerance kTolerance = {.relative = kPromised, .absolute = kPromised};
constexpr size_t kRows = 3;
constexpr float kEpsilon = 1e-3F;

class NormTest : public KernelTest {};
QUANTAB_TEST_KERNELS(NormTest, norm_family);

TEST_P(NormTest, NormalisesRows) {
  Random random(80);
  for (size_t columns : kLengths) {
    if (columns == 0) continue;
    Buffer<float> x(kRows * columns);
    Buffer<float> gamma(columns);
    Buffer<float> beta(columns);
    Buffer<float> y(x.size());
    Buffer<float> mean(kRows);
    Buffer<float> inv(kRows);
    Buffer<float> variance(kRows);
    x.Fill(random, -3, 3);
    gamma.Fill(random, -2, 2);
    beta.Fill(random, -2, 2);
    for (int form = 0; form < 8; ++form) {
      const bool with_gamma = (form & 1) != 0;
      const bool with_beta = (form & 2) != 0;
      const bool rms = (form & 4) != 0;
      const float* gammas = with_gamma ? gamma.data() : nullptr;
      const float* betas = with_beta ? beta.data() : nullptr;
      if (rms) {
        RmsNormRows(kRows, columns, x.data(), gammas, betas, kEpsilon, y.data(), inv.data());
      } else {
        LayerNormRows(kRows, columns, x.data(), gammas, betas, kEpsilon, y.data(), mean.data(),
                      inv.data());
        MeanVarianceRows(kRows, columns, x.data(), mean.data(), variance.data());
      }
      for (size_t r = 0; r < kRows; ++r) {
        const float* row = x.data() + r * columns;
        double centre = 0;
        double squares = 0;
        for (size_t c = 0; c < columns && !rms; ++c)
          centre += row[c] / static_cast<double>(columns);
        for (size_t c = 0; c < columns; ++c) squares += (row[c] - centre) * (row[c] - centre);
        const double spread = squares / static_cast<double>(columns);
        const double want_inv = 1 / std::sqrt(spread + kEpsilon);
        ASSERT_TRUE(Near(inv[r], want_inv, kTolerance));
        if (!rms) {
          ASSERT_TRUE(Near(mean[r], centre, kTolerance));
          ASSERT_TRUE(Near(variance[r], spread, kTolerance));
        }
        for (size_t c = 0; c < columns; ++c) {
          const double want = (row[c] - centre) * want_inv * (with_gamma ? gamma[c] : 1.0F) +
                              (with_beta ? beta[c] : 0.0F);
          ASSERT_TRUE(Near(y[r * columns + c], want, kTolerance)) << form << " " << columns;
        }
      }
    }
  }
}

// A mean a thousand times the spread: summing squares in one pass would lose the variance.
TEST_P(NormTest, KeepsTheVarianceBesideALargeMean) {
  Random random(81);
  constexpr size_t kColumns = 1000;
  Buffer<float> x(kColumns);
  x.Fill(random, 999, 1001);
  double centre = 0;
  for (size_t c = 0; c < kColumns; ++c) centre += x[c] / static_cast<double>(kColumns);
  double squares = 0;
  for (size_t c = 0; c < kColumns; ++c) squares += (x[c] - centre) * (x[c] - centre);
  float mean = 0;
  float variance = 0;
  MeanVarianceRows(1, kColumns, x.data(), &mean, &variance);
  // The mean is a float near 1000, half a step (2^-15) from the true one at worst.
  EXPECT_TRUE(Near(mean, centre, {.relative = 1}));
  EXPECT_TRUE(Near(variance, squares / kColumns, kTolerance));
}

TEST_P(NormTest, ScalesAndShiftsRows) {
  Random random(82);
  for (size_t columns : kLengths) {
    Buffer<float> x(kRows * columns);
    Buffer<float> y(x.size());
    Buffer<float> scale(kRows);
    Buffer<float> shift(kRows);
    x.Fill(random, -3, 3);
    scale.Fill(random, -3, 3);
    shift.Fill(random, -3, 3);
    ScaleShiftRows(kRows, columns, x.data(), scale.data(), shift.data(), y.data());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(y[i], x[i] * scale[i / columns] + shift[i / columns]);
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
