#include "core/kernels/i8_gemm/finish.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish_simd.h"

namespace quantab::kernels::i8_gemm_simd {
namespace {

// Four columns, for all rows: what does not depend on the row is loaded once.
class Four {
 public:
  Four(const I8GemmFinish& finish, size_t c)
      : has_zero_(finish.zero != nullptr), base_(wasm_v128_load(finish.base + c)) {
    if (has_zero_) zero_ = wasm_v128_load(finish.zero + c);
    if (finish.out != I8GemmOut::kInt32) scale_ = wasm_v128_load(finish.scale + c);
    if (finish.float_bias != nullptr) float_bias_ = wasm_v128_load(finish.float_bias + c);
  }

  // acc + base - zero * row_sum
  v128_t Sum(const int32_t* acc, const I8GemmFinish& finish, size_t r) const {
    const v128_t sum = wasm_i32x4_add(wasm_v128_load(acc), base_);
    if (!has_zero_) return sum;
    return wasm_i32x4_sub(sum, wasm_i32x4_mul(zero_, wasm_i32x4_splat(finish.row_sums[r])));
  }

  v128_t Scaled(v128_t sum) const { return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum), scale_); }

  v128_t Dequantized(v128_t sum, const I8GemmFinish& finish, size_t r) const {
    v128_t factor = scale_;
    if (finish.row_scale != nullptr) {
      factor = wasm_f32x4_mul(wasm_f32x4_splat(finish.row_scale[r]), scale_);
    }
    const v128_t result = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum), factor);
    return Limited(finish.float_bias == nullptr ? result : wasm_f32x4_add(result, float_bias_),
                   finish);
  }

 private:
  bool has_zero_;
  v128_t base_;
  v128_t zero_ = wasm_i32x4_splat(0);
  v128_t scale_ = wasm_f32x4_splat(0);
  v128_t float_bias_ = wasm_f32x4_splat(0);
};

// Eight columns to bytes. What does not change from row to row stays in registers.
template <bool kSigned, bool kHasZero>
void EightToBytes(size_t rows, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
                  size_t c, uint8_t* y, size_t y_row) {
  const Rounding<kSigned> rounding(finish);
  const v128_t base[2] = {wasm_v128_load(finish.base + c), wasm_v128_load(finish.base + c + 4)};
  const v128_t scale[2] = {wasm_v128_load(finish.scale + c), wasm_v128_load(finish.scale + c + 4)};
  v128_t zero[2] = {};
  if (kHasZero) {
    zero[0] = wasm_v128_load(finish.zero + c);
    zero[1] = wasm_v128_load(finish.zero + c + 4);
  }
  for (size_t r = 0; r < rows; ++r, acc += acc_row, y += y_row) {
    v128_t scaled[2];
    QUANTAB_UNROLL
    for (int v = 0; v < 2; ++v) {
      v128_t sum = wasm_i32x4_add(wasm_v128_load(acc + 4 * v), base[v]);
      if (kHasZero) {
        const v128_t row_sum = wasm_i32x4_splat(finish.row_sums[r]);
        sum = wasm_i32x4_sub(sum, wasm_i32x4_mul(zero[v], row_sum));
      }
      scaled[v] = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum), scale[v]);
    }
    wasm_v128_store64_lane(y, rounding.Bytes(scaled[0], scaled[1]), 0);
  }
}

using ToBytes = void (*)(size_t rows, const int32_t* acc, size_t acc_row,
                         const I8GemmFinish& finish, size_t c, uint8_t* y, size_t y_row);

ToBytes EightToBytesOf(const I8GemmFinish& finish) {
  if (finish.zero != nullptr) {
    return finish.out_signed ? EightToBytes<true, true> : EightToBytes<false, true>;
  }
  return finish.out_signed ? EightToBytes<true, false> : EightToBytes<false, false>;
}

template <bool kSigned>
void FourToBytes(size_t rows, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
                 const Four& four, uint8_t* y, size_t y_row) {
  const Rounding<kSigned> rounding(finish);
  for (size_t r = 0; r < rows; ++r) {
    const v128_t scaled = four.Scaled(four.Sum(acc + r * acc_row, finish, r));
    wasm_v128_store32_lane(y + r * y_row, rounding.Bytes(scaled, scaled), 0);
  }
}

void FourColumns(size_t rows, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
                 size_t c, uint8_t* y, size_t y_row) {
  const Four four(finish, c);
  switch (finish.out) {
    case I8GemmOut::kInt32:
      for (size_t r = 0; r < rows; ++r) {
        wasm_v128_store(y + r * y_row * 4, four.Sum(acc + r * acc_row, finish, r));
      }
      break;
    case I8GemmOut::kRequantize:
      finish.out_signed ? FourToBytes<true>(rows, acc, acc_row, finish, four, y, y_row)
                        : FourToBytes<false>(rows, acc, acc_row, finish, four, y, y_row);
      break;
    case I8GemmOut::kDequantize:
      for (size_t r = 0; r < rows; ++r) {
        const v128_t sum = four.Sum(acc + r * acc_row, finish, r);
        wasm_v128_store(y + r * y_row * 4, four.Dequantized(sum, finish, r));
      }
      break;
  }
}

// Fewer than four columns go through buffers of four, so that nothing is read or written beyond the
// caller's arrays.
void FewColumns(size_t rows, size_t n, const int32_t* acc, size_t acc_row,
                const I8GemmFinish& finish, uint8_t* y, size_t y_row) {
  alignas(16) int32_t few_acc[4] = {};
  alignas(16) int32_t base[4] = {};
  alignas(16) int32_t zero[4] = {};
  alignas(16) float scale[4] = {};
  alignas(16) float float_bias[4] = {};
  alignas(16) uint8_t result[16];
  I8GemmFinish few = finish;
  std::copy_n(finish.base, n, base);
  few.base = base;
  if (finish.zero != nullptr) {
    std::copy_n(finish.zero, n, zero);
    few.zero = zero;
  }
  if (finish.out != I8GemmOut::kInt32) std::copy_n(finish.scale, n, scale);
  few.scale = scale;
  if (finish.float_bias != nullptr) {
    std::copy_n(finish.float_bias, n, float_bias);
    few.float_bias = float_bias;
  }
  const size_t element = I8ElementBytes(finish.out);
  for (size_t r = 0; r < rows; ++r) {
    std::copy_n(acc + r * acc_row, n, few_acc);
    if (finish.zero != nullptr) few.row_sums = finish.row_sums + r;
    if (finish.row_scale != nullptr) few.row_scale = finish.row_scale + r;
    FourColumns(1, few_acc, 0, few, 0, result, 0);
    std::memcpy(y + r * y_row * element, result, n * element);
  }
}

// The least and the greatest of vectors, but for NaN: pmin(a, NaN) and pmax(a, NaN) are a.
class Extremes {
 public:
  void Note(int chain, v128_t values) {
    least_[chain] = wasm_f32x4_pmin(least_[chain], values);
    most_[chain] = wasm_f32x4_pmax(most_[chain], values);
  }
  FloatRange Get() const {
    float low[4], high[4];
    wasm_v128_store(low, wasm_f32x4_pmin(least_[0], least_[1]));
    wasm_v128_store(high, wasm_f32x4_pmax(most_[0], most_[1]));
    return {*std::min_element(low, low + 4), *std::max_element(high, high + 4)};
  }

 private:
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // Two of each, since one waits for the one before.
  v128_t least_[2] = {wasm_f32x4_splat(kInfinity), wasm_f32x4_splat(kInfinity)};
  v128_t most_[2] = {wasm_f32x4_splat(-kInfinity), wasm_f32x4_splat(-kInfinity)};
};

}  // namespace

int32_t RowSum(size_t k, const uint8_t* a, bool a_signed) {
  v128_t sums = wasm_i32x4_splat(0);
  size_t i = 0;
  for (; i + 16 <= k; i += 16) {
    const v128_t bytes = wasm_v128_load(a + i);
    const v128_t pairs = a_signed ? wasm_i16x8_extadd_pairwise_i8x16(bytes)
                                  : wasm_u16x8_extadd_pairwise_u8x16(bytes);
    sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
  }
  uint32_t lanes[4];
  wasm_v128_store(lanes, sums);
  uint32_t sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
  for (; i < k; ++i) {
    sum += static_cast<uint32_t>(a_signed ? int32_t{static_cast<int8_t>(a[i])} : int32_t{a[i]});
  }
  return static_cast<int32_t>(sum);
}

void Finish(size_t rows, size_t n, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
            void* y, size_t y_row) {
  auto* bytes = static_cast<uint8_t*>(y);
  if (n < 4) {
    FewColumns(rows, n, acc, acc_row, finish, bytes, y_row);
    return;
  }
  const size_t element = I8ElementBytes(finish.out);
  size_t c = 0;
  if (finish.out == I8GemmOut::kRequantize) {
    const ToBytes to_bytes = EightToBytesOf(finish);
    for (; c + 8 <= n; c += 8) {
      to_bytes(rows, acc + c, acc_row, finish, c, bytes + c, y_row);
    }
  }
  // The last four may be made in part a second time.
  for (; c < n; c += 4) {
    const size_t from = std::min(c, n - 4);
    FourColumns(rows, acc + from, acc_row, finish, from, bytes + from * element, y_row);
  }
}

FloatRange Add(size_t n, const float* z, float low, float high, float* y) {
  const v128_t lowest = wasm_f32x4_splat(low), highest = wasm_f32x4_splat(high);
  Extremes extremes;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    QUANTAB_UNROLL
    for (int v = 0; v < 2; ++v) {
      const size_t at = i + 4 * v;
      const v128_t sum = wasm_f32x4_add(wasm_v128_load(y + at), wasm_v128_load(z + at));
      const v128_t limited = wasm_f32x4_pmin(wasm_f32x4_pmax(sum, lowest), highest);
      wasm_v128_store(y + at, limited);
      extremes.Note(v, limited);
    }
  }
  for (; i < n; ++i) {
    const v128_t sum = wasm_f32x4_splat(y[i] + z[i]);
    const v128_t limited = wasm_f32x4_pmin(wasm_f32x4_pmax(sum, lowest), highest);
    y[i] = wasm_f32x4_extract_lane(limited, 0);
    extremes.Note(0, limited);
  }
  return extremes.Get();
}

}  // namespace quantab::kernels::i8_gemm_simd
