#include "core/kernels/i8_gemm/i8_gemm.h"

#include <algorithm>
#include <cstring>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

struct Problem {
  size_t m;
  size_t n;
  size_t k;
  bool a_signed;
  bool b_signed;
};

// Bytes as drawn: anything, or only the extremes of the type.
void FillBytes(Buffer<uint8_t>& bytes, Random& random, bool extreme, bool is_signed) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int any = random.Int(0, 255);
    bytes[i] = static_cast<uint8_t>(!extreme    ? any
                                    : is_signed ? (any & 1 ? 127 : 128)
                                                : (any & 1 ? 255 : 0));
  }
}

int32_t Value(uint8_t byte, bool is_signed) {
  return is_signed ? int32_t{static_cast<int8_t>(byte)} : int32_t{byte};
}

class I8GemmTest : public KernelTest {
 protected:
  void Check(const Problem& p, bool extreme, Random& random) {
    SCOPED_TRACE(testing::Message() << p.m << "x" << p.n << "x" << p.k << " a_signed " << p.a_signed
                                    << " b_signed " << p.b_signed << " extreme " << extreme);
    const size_t lda = p.k + 5;
    Buffer<uint8_t> a(p.m == 0 ? 0 : (p.m - 1) * lda + p.k);
    Buffer<uint8_t> b(p.k * p.n);
    FillBytes(a, random, extreme, p.a_signed);
    FillBytes(b, random, extreme, p.b_signed);
    const int32_t a_zero = random.Int(0, 255) - (p.a_signed ? 128 : 0);
    Buffer<int32_t> b_zero(p.n);
    for (size_t i = 0; i < p.n; ++i) b_zero[i] = random.Int(0, 255) - (p.b_signed ? 128 : 0);
    const int zero_kind = random.Int(0, 2);  // none, one, by column
    const bool by_k = random.Bool();         // B as [N, K] rather than [K, N]
    const I8GemmB operand = {.data = b.data(),
                             .is_signed = p.b_signed,
                             .k_stride = by_k ? 1 : p.n,
                             .n_stride = by_k ? p.k : 1,
                             .zero = zero_kind == 0 || p.n == 0 ? nullptr : b_zero.data(),
                             .zero_stride = zero_kind == 2 ? size_t{1} : size_t{0}};
    const Aligned packed(I8GemmPackedBytes(p.n, p.k));
    I8GemmPack(p.n, p.k, operand, packed.get());

    std::vector<int32_t> want(p.m * p.n);
    for (size_t m = 0; m < p.m; ++m) {
      for (size_t n = 0; n < p.n; ++n) {
        int64_t sum = 0;
        const int32_t zero = operand.zero == nullptr ? 0 : b_zero[n * operand.zero_stride];
        for (size_t k = 0; k < p.k; ++k) {
          const uint8_t b_byte = b[k * operand.k_stride + n * operand.n_stride];
          sum += int64_t{Value(a[m * lda + k], p.a_signed) - a_zero} *
                 (Value(b_byte, p.b_signed) - zero);
        }
        want[m * p.n + n] = static_cast<int32_t>(static_cast<uint32_t>(sum));
      }
    }
    Buffer<int32_t> bias(p.n);
    bias.Fill(random, -100000, 100000);
    CheckInt32(p, a, lda, a_zero, packed.get(), want, bias);
    CheckRequantize(p, a, lda, a_zero, packed.get(), want, bias, random);
    CheckDequantize(p, a, lda, a_zero, packed.get(), want, random);
  }

 private:
  static void CheckInt32(const Problem& p, const Buffer<uint8_t>& a, size_t lda, int32_t a_zero,
                         const void* packed, const std::vector<int32_t>& want,
                         const Buffer<int32_t>& bias) {
    const size_t ldc = p.n + 1;
    Buffer<int32_t> c(p.m == 0 ? 0 : (p.m - 1) * ldc + p.n);
    for (const bool with_bias : {false, true}) {
      I8Gemm(p.m, p.n, p.k, a.data(), p.a_signed, lda, a_zero, packed, c.data(), ldc,
             {.bias = with_bias ? bias.data() : nullptr});
      for (size_t m = 0; m < p.m; ++m) {
        for (size_t n = 0; n < p.n; ++n) {
          const uint32_t sum = static_cast<uint32_t>(want[m * p.n + n]) +
                               static_cast<uint32_t>(with_bias ? bias[n] : 0);
          ASSERT_EQ(static_cast<uint32_t>(c[m * ldc + n]), sum) << m << "," << n;
        }
      }
    }
  }

  static void CheckRequantize(const Problem& p, const Buffer<uint8_t>& a, size_t lda,
                              int32_t a_zero, const void* packed, const std::vector<int32_t>& want,
                              const Buffer<int32_t>& bias, Random& random) {
    for (const bool out_signed : {false, true}) {
      const size_t ldc = p.n + 2;
      Buffer<uint8_t> c(p.m == 0 ? 0 : (p.m - 1) * ldc + p.n);
      Buffer<float> scale(p.n);
      scale.Fill(random, 1e-5F, 1e-2F);
      const size_t stride = random.Bool() ? 1 : 0;
      const int32_t zero = random.Int(0, 255) - (out_signed ? 128 : 0);
      I8GemmEpilogue epilogue = {.out = I8GemmOut::kRequantize,
                                 .bias = bias.data(),
                                 .scale = scale.data(),
                                 .scale_stride = stride,
                                 .out_signed = out_signed,
                                 .out_zero = zero};
      I8Gemm(p.m, p.n, p.k, a.data(), p.a_signed, lda, a_zero, packed, c.data(), ldc, epilogue);
      for (size_t m = 0; m < p.m; ++m) {
        for (size_t n = 0; n < p.n; ++n) {
          const auto acc = static_cast<int32_t>(static_cast<uint32_t>(want[m * p.n + n]) +
                                                static_cast<uint32_t>(bias[n]));
          const float scaled = static_cast<float>(acc) * scale[n * stride];
          const double moved = std::nearbyint(static_cast<double>(scaled)) + zero;
          const double low = out_signed ? -128 : 0;
          const auto expected = static_cast<int>(std::clamp(moved, low, low + 255));
          ASSERT_EQ(Value(c[m * ldc + n], out_signed), expected) << m << "," << n;
        }
      }
    }
  }

  static void CheckDequantize(const Problem& p, const Buffer<uint8_t>& a, size_t lda,
                              int32_t a_zero, const void* packed, const std::vector<int32_t>& want,
                              Random& random) {
    Buffer<float> c(p.m * p.n);
    Buffer<float> scale(p.n);
    Buffer<float> row_scale(p.m);
    Buffer<float> float_bias(p.n);
    scale.Fill(random, 1e-4F, 1);
    row_scale.Fill(random, 1e-4F, 1);
    float_bias.Fill(random, -10, 10);
    const bool rows = random.Bool();
    const bool biased = random.Bool();
    I8GemmEpilogue epilogue = {.out = I8GemmOut::kDequantize,
                               .scale = scale.data(),
                               .scale_stride = 1,
                               .row_scale = rows ? row_scale.data() : nullptr,
                               .float_bias = biased ? float_bias.data() : nullptr};
    if (random.Bool()) epilogue.low = -1000;
    if (random.Bool()) epilogue.high = 1000;
    Buffer<float> addend(p.m * p.n);
    addend.Fill(random, -500, 500);
    const bool adds = random.Bool();
    if (adds) {
      epilogue.addend = addend.data();
      epilogue.results = c.data();
    }
    SharedRange range;
    epilogue.range = &range;
    FloatRange extremes = MinMax(0, nullptr);
    I8Gemm(p.m, p.n, p.k, a.data(), p.a_signed, lda, a_zero, packed, c.data(), p.n, epilogue);
    for (size_t m = 0; m < p.m; ++m) {
      for (size_t n = 0; n < p.n; ++n) {
        const float factor = (rows ? row_scale[m] : 1.0F) * scale[n];
        float expected = static_cast<float>(want[m * p.n + n]) * factor;
        if (biased) expected += float_bias[n];
        if (adds) expected += addend[m * p.n + n];
        expected = std::min(std::max(expected, epilogue.low), epilogue.high);
        ASSERT_EQ(c[m * p.n + n], expected) << m << "," << n;
        extremes.min = std::min(extremes.min, expected);
        extremes.max = std::max(extremes.max, expected);
      }
    }
    EXPECT_EQ(range.Get().min, extremes.min);
    EXPECT_EQ(range.Get().max, extremes.max);
  }
};
QUANTAB_TEST_KERNELS(I8GemmTest, i8_gemm_family);

TEST_P(I8GemmTest, IsExact) {
  Random random(3);
  constexpr size_t kSizes[] = {1, 2, 3, 4, 5, 8, 15, 16, 17, 23, 24, 25, 33, 49};
  for (size_t m : {1, 2, 3, 4, 5, 7}) {
    for (size_t n : kSizes) {
      const auto k = static_cast<size_t>(random.Int(1, 40));
      Check({m, n, k, random.Bool(), random.Bool()}, random.Bool(), random);
    }
  }
  for (size_t k : kLengths) {
    for (int kind = 0; kind < 4; ++kind) {
      Check({3, 9, k, (kind & 1) != 0, (kind & 2) != 0}, random.Bool(), random);
    }
  }
  Check({0, 3, 3, false, true}, false, random);
  Check({3, 0, 3, false, true}, false, random);
  Check({130, 50, 70, true, false}, false, random);
}

// The largest products of every signedness, where a dot product that saturates would show.
TEST_P(I8GemmTest, IsExactAtTheExtremes) {
  for (int kind = 0; kind < 4; ++kind) {
    const bool a_signed = (kind & 1) != 0;
    const bool b_signed = (kind & 2) != 0;
    for (const int a_value : {a_signed ? -128 : 0, a_signed ? 127 : 255}) {
      for (const int b_value : {b_signed ? -128 : 0, b_signed ? 127 : 255}) {
        constexpr size_t kDepth = 259;
        const std::vector<uint8_t> a(2 * kDepth, static_cast<uint8_t>(a_value));
        const std::vector<uint8_t> b(25 * kDepth, static_cast<uint8_t>(b_value));
        const Aligned packed(I8GemmPackedBytes(25, kDepth));
        I8GemmPack(25, kDepth,
                   {.data = b.data(), .is_signed = b_signed, .k_stride = 25, .n_stride = 1},
                   packed.get());
        std::vector<int32_t> c(50);
        I8Gemm(2, 25, kDepth, a.data(), a_signed, kDepth, 0, packed.get(), c.data(), 25, {});
        for (int32_t value : c) ASSERT_EQ(value, a_value * b_value * static_cast<int>(kDepth));
      }
    }
  }
}

// Depth beyond what int32 holds wraps around, the same in every kernel.
TEST_P(I8GemmTest, WrapsAround) {
  constexpr size_t kDepth = 40000;
  const std::vector<uint8_t> a(kDepth, 255);
  const std::vector<uint8_t> b(kDepth, 255);
  const Aligned packed(I8GemmPackedBytes(1, kDepth));
  I8GemmPack(1, kDepth, {.data = b.data(), .is_signed = false, .k_stride = 1, .n_stride = 1},
             packed.get());
  int32_t c = 0;
  I8Gemm(1, 1, kDepth, a.data(), false, kDepth, 0, packed.get(), &c, 1, {});
  EXPECT_EQ(static_cast<uint32_t>(c), 255U * 255U * 40000U);
}

TEST_P(I8GemmTest, FinishesSingleRows) {
  Random random(4);
  for (size_t n : kLengths) {
    Buffer<int32_t> acc(n);
    acc.Fill(random, -30000, 30000);
    Buffer<uint8_t> y(n);
    Buffer<float> f(n);
    // Column 1 of two.
    const int32_t bias[2] = {0, 17};
    const float scale[2] = {1, 0.01F};
    const float float_bias[2] = {0, 2};
    I8EpilogueRow(n, acc.data(), 1,
                  {.out = I8GemmOut::kRequantize,
                   .bias = bias,
                   .scale = scale,
                   .scale_stride = 1,
                   .out_signed = true,
                   .out_zero = -3},
                  y.data());
    I8EpilogueRow(n, acc.data(), 1,
                  {.out = I8GemmOut::kDequantize,
                   .bias = bias,
                   .scale = scale,
                   .scale_stride = 1,
                   .float_bias = float_bias},
                  f.data());
    for (size_t i = 0; i < n; ++i) {
      const float scaled = static_cast<float>(acc[i] + 17) * 0.01F;
      const double moved = std::nearbyint(static_cast<double>(scaled)) - 3;
      ASSERT_EQ(static_cast<int8_t>(y[i]), static_cast<int>(std::clamp(moved, -128.0, 127.0)));
      ASSERT_EQ(f[i], scaled + 2);
    }
  }
}

// A limit on the side where no result lies: all are that limit.
TEST_P(I8GemmTest, LimitsMayBeInfinite) {
  constexpr size_t kColumns = 24;
  const std::vector<uint8_t> a(4, 1), b(2 * kColumns, 1);
  const Aligned packed(I8GemmPackedBytes(kColumns, 2));
  I8GemmPack(kColumns, 2,
             {.data = b.data(), .is_signed = true, .k_stride = kColumns, .n_stride = 1},
             packed.get());
  const float scale = 1;
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> c(2 * kColumns);
  I8Gemm(2, kColumns, 2, a.data(), false, 2, 0, packed.get(), c.data(), kColumns,
         {.out = I8GemmOut::kDequantize, .scale = &scale, .low = infinity});
  for (const float value : c) ASSERT_EQ(value, infinity);
}

// The example of QLinearMatMul in the operator's documentation (ai.onnx 10).
TEST_P(I8GemmTest, MatchesTheOnnxExample) {
  const uint8_t a[8] = {208, 236, 0, 238, 3, 214, 255, 29};
  const uint8_t b[12] = {152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247};
  const uint8_t want[6] = {168, 115, 255, 1, 66, 151};
  const int32_t b_zero = 114;
  const Aligned packed(I8GemmPackedBytes(3, 4));
  I8GemmPack(3, 4, {.data = b, .k_stride = 3, .n_stride = 1, .zero = &b_zero}, packed.get());
  const float scale = 0.0066F * 0.00705F / 0.0107F;
  uint8_t y[6];
  I8Gemm(2, 3, 4, a, false, 4, 113, packed.get(), y, 3,
         {.out = I8GemmOut::kRequantize, .scale = &scale, .out_zero = 118});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y[i], want[i]) << i;
}

}  // namespace
}  // namespace quantab::kernels
