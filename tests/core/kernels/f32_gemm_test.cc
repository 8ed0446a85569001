#include "core/kernels/f32_gemm/f32_gemm.h"

#include <algorithm>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class F32GemmTest : public KernelTest {
 protected:
  // Runs one product with rows further apart than needed, and checks it against the same order of
  // operations.
  void Check(size_t m, size_t n, size_t k, bool transposed, Random& random) {
    const size_t lda = k + 3;
    const size_t ldb = (transposed ? k : n) + 2;
    const size_t ldc = n + 1;
    Buffer<float> a(m == 0 ? 0 : (m - 1) * lda + k);
    Buffer<float> b((transposed ? n : k) * ldb);
    Buffer<float> c(m == 0 ? 0 : (m - 1) * ldc + n, 3);
    Buffer<float> row_bias(m);
    Buffer<float> column_bias(n);
    a.Fill(random, -1, 1);
    b.Fill(random, -1, 1);
    row_bias.Fill(random, -1, 1);
    column_bias.Fill(random, -1, 1);
    F32GemmEpilogue epilogue;
    if (random.Bool()) epilogue.row_bias = row_bias.data();
    if (random.Bool()) epilogue.column_bias = column_bias.data();
    if (random.Bool()) {
      epilogue.min = -0.5F;
      epilogue.max = 0.75F;
    }
    Buffer<float> packed(F32GemmPackedBytes(n, k) / sizeof(float));
    F32GemmPack(n, k, b.data(), ldb, transposed, packed.data());
    F32Gemm(m, n, k, a.data(), lda, packed.data(), c.data(), ldc, epilogue);
    for (size_t row = 0; row < m; ++row) {
      for (size_t column = 0; column < n; ++column) {
        float want = 0;
        for (size_t i = 0; i < k; ++i) {
          want += a[row * lda + i] * b[transposed ? column * ldb + i : i * ldb + column];
        }
        if (epilogue.row_bias != nullptr) want += row_bias[row];
        if (epilogue.column_bias != nullptr) want += column_bias[column];
        want = std::min(std::max(want, epilogue.min), epilogue.max);
        // The error of k sums of magnitude up to k / 2; the plain kernels differ in nothing.
        const Tolerance tolerance = {.absolute = IsRelaxed() ? static_cast<double>(k * k) : 0.0};
        ASSERT_TRUE(Near(c[row * ldc + column], want, tolerance))
            << m << "x" << n << "x" << k << (transposed ? " transposed" : "") << " at " << row
            << "," << column;
      }
    }
  }
};
QUANTAB_TEST_KERNELS(F32GemmTest, f32_gemm_family);

TEST_P(F32GemmTest, MatchesTheFormula) {
  Random random(2);
  constexpr size_t kSizes[] = {1, 2, 5, 6, 7, 8, 9, 15, 17, 49};
  for (size_t m : kSizes) {
    for (size_t n : kSizes)
      Check(m, n, static_cast<size_t>(random.Int(0, 40)), random.Bool(), random);
  }
  for (size_t k : kLengths) Check(7, 9, k, random.Bool(), random);
  for (size_t n : kLengths) Check(1, n, 9, random.Bool(), random);
  Check(0, 5, 5, false, random);
  Check(5, 0, 5, true, random);
  Check(100, 100, 300, false, random);
}

TEST_P(F32GemmTest, KeepsNanAndInfinity) {
  const float a[2] = {1, 1};
  const float b[2] = {std::numeric_limits<float>::quiet_NaN(),
                      std::numeric_limits<float>::infinity()};
  float packed[16];
  float c[2];
  ASSERT_EQ(F32GemmPackedBytes(2, 1), 8 * sizeof(float));
  F32GemmPack(2, 1, b, 2, false, packed);
  F32Gemm(1, 2, 1, a, 1, packed, c, 2, {.min = 0, .max = 6});
  EXPECT_TRUE(std::isnan(c[0]));
  EXPECT_EQ(c[1], 6);
}

}  // namespace
}  // namespace quantab::kernels
