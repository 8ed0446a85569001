#include "core/kernels/softmax/softmax.h"

#include <algorithm>
#include <cmath>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr double kPromised = 1e-6 / std::numeric_limits<float>::epsilon();

class SoftmaxTest : public KernelTest {};
QUANTAB_TEST_KERNELS(SoftmaxTest, softmax_family);

TEST_P(SoftmaxTest, MatchesTheFormula) {
  Random random(50);
  for (size_t columns : kLengths) {
    for (const float spread : {1.0F, 30.0F, 1000.0F}) {
      constexpr size_t kRows = 3;
      Buffer<float> x(kRows * columns);
      Buffer<float> y(x.size());
      Buffer<float> log_y(x.size());
      x.Fill(random, -spread, spread);
      Softmax(kRows, columns, x.data(), y.data());
      LogSoftmax(kRows, columns, x.data(), log_y.data());
      for (size_t r = 0; r < kRows && columns > 0; ++r) {
        const float* row = x.data() + r * columns;
        const double most = *std::max_element(row, row + columns);
        double sum = 0;
        for (size_t c = 0; c < columns; ++c) sum += std::exp(row[c] - most);
        for (size_t c = 0; c < columns; ++c) {
          const Tolerance tolerance = {.relative = kPromised, .absolute = kPromised};
          ASSERT_TRUE(Near(y[r * columns + c], std::exp(row[c] - most) / sum, tolerance));
          ASSERT_TRUE(Near(log_y[r * columns + c], row[c] - most - std::log(sum), tolerance));
        }
      }
      // In place.
      Softmax(kRows, columns, x.data(), x.data());
      for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], y[i]);
    }
  }
}

TEST_P(SoftmaxTest, TakesSpecialValues) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float masked[5] = {1, -kInfinity, 1, -kInfinity, -kInfinity};
  float y[5];
  Softmax(1, 5, masked, y);
  EXPECT_EQ(y[0], 0.5F);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[4], 0);
  const float nan_row[5] = {1, 2, 3, 4, std::numeric_limits<float>::quiet_NaN()};
  Softmax(1, 5, nan_row, y);
  for (float value : y) EXPECT_TRUE(std::isnan(value));
  const float pairs[10] = {1, nan_row[4], 2, 2, -kInfinity, 3, nan_row[4], 0, kInfinity, 1};
  float of_pairs[10];
  Softmax(5, 2, pairs, of_pairs);
  for (int i : {0, 1, 6, 7, 8}) EXPECT_TRUE(std::isnan(of_pairs[i])) << i;
  EXPECT_EQ(of_pairs[2], 0.5F);
  EXPECT_EQ(of_pairs[4], 0);
  EXPECT_EQ(of_pairs[5], 1);
  const float all_masked[2] = {-kInfinity, -kInfinity};
  Softmax(1, 2, all_masked, y);
  EXPECT_TRUE(std::isnan(y[0]));
}

}  // namespace
}  // namespace quantab::kernels
