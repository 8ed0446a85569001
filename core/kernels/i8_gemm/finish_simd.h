// The way of int32 sums that are still in registers to results: used inline by kernels that make a
// few columns at a time.
#ifndef QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_SIMD_H_
#define QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_SIMD_H_

#include <limits>

#include "core/base/simd.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/round_magic.h"

namespace quantab::kernels::i8_gemm_simd {

// From scaled floats to bytes: rounded by adding round_magic, limited from below as integers, from
// above by narrowing.
template <bool kSigned>
class Rounding {
 public:
  explicit Rounding(const I8GemmFinish& finish)
      : magic_(wasm_f32x4_splat(round_magic)),
        zero_(wasm_i32x4_sub(magic_, wasm_i32x4_splat(finish.out_zero))),
        least_(wasm_i32x4_add(zero_, wasm_i32x4_splat(kSigned ? -128 : 0))) {}

  // The low 8 bytes are the results of both.
  v128_t Bytes(v128_t low, v128_t high) const {
    const v128_t half = Half(low, high);
    return Narrow(half, half);
  }
  v128_t Bytes(v128_t a, v128_t b, v128_t c, v128_t d) const {
    return Narrow(Half(a, b), Half(c, d));
  }

 private:
  static v128_t Narrow(v128_t low, v128_t high) {
    return kSigned ? wasm_i8x16_narrow_i16x8(low, high) : wasm_u8x16_narrow_i16x8(low, high);
  }
  v128_t Half(v128_t low, v128_t high) const {
    return wasm_i16x8_narrow_i32x4(Whole(low), Whole(high));
  }
  v128_t Whole(v128_t scaled) const {
    const v128_t bits = wasm_f32x4_add(scaled, magic_);
    return wasm_i32x4_sub(wasm_i32x4_max(bits, least_), zero_);
  }

  v128_t magic_, zero_, least_;
};

// kRequantize. Store writes kVectors * 4 columns, kVectors even, whose sums hold their base.
template <bool kSigned>
class BytesOut {
 public:
  static constexpr size_t kElement = 1;

  explicit BytesOut(const I8GemmFinish& finish) : scale_(finish.scale), rounding_(finish) {}

  template <int kVectors>
  void Store(const v128_t (&sums)[kVectors], size_t, uint8_t* y) const {
    int v = 0;
    QUANTAB_UNROLL
    for (; v + 4 <= kVectors; v += 4) {
      wasm_v128_store(y + 4 * v, rounding_.Bytes(Scaled(sums, v), Scaled(sums, v + 1),
                                                 Scaled(sums, v + 2), Scaled(sums, v + 3)));
    }
    if (v < kVectors) {
      wasm_v128_store64_lane(y + 4 * v, rounding_.Bytes(Scaled(sums, v), Scaled(sums, v + 1)), 0);
    }
  }

 private:
  template <int kVectors>
  v128_t Scaled(const v128_t (&sums)[kVectors], int v) const {
    return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums[v]), wasm_v128_load(scale_ + 4 * v));
  }

  const float* scale_;
  Rounding<kSigned> rounding_;
};

// Four floats limited to what `finish` says; NaN stays.
inline v128_t Limited(v128_t x, const I8GemmFinish& finish) {
  const v128_t raised = wasm_f32x4_pmax(x, wasm_f32x4_splat(finish.low));
  return wasm_f32x4_pmin(raised, wasm_f32x4_splat(finish.high));
}

// kDequantize.
template <bool kLimited>
class FloatsOut {
 public:
  static constexpr size_t kElement = 4;

  explicit FloatsOut(const I8GemmFinish& finish) : finish_(finish) {}

  template <int kVectors>
  void Store(const v128_t (&sums)[kVectors], size_t row, uint8_t* y) const {
    const float of_row = finish_.row_scale == nullptr ? 1 : finish_.row_scale[row];
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t factor =
          wasm_f32x4_mul(wasm_f32x4_splat(of_row), wasm_v128_load(finish_.scale + 4 * v));
      v128_t result = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums[v]), factor);
      if (finish_.float_bias != nullptr) {
        result = wasm_f32x4_add(result, wasm_v128_load(finish_.float_bias + 4 * v));
      }
      wasm_v128_store(y + 16 * v, kLimited ? Limited(result, finish_) : result);
    }
  }

 private:
  const I8GemmFinish& finish_;
};

// Calls `make` with what stores results as `finish` asks.
template <typename Make>
void WithOut(const I8GemmFinish& finish, const Make& make) {
  if (finish.out == I8GemmOut::kDequantize) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    if (finish.low == -kInfinity && finish.high == kInfinity) {
      make(FloatsOut<false>(finish));
    } else {
      make(FloatsOut<true>(finish));
    }
  } else if (finish.out_signed) {
    make(BytesOut<true>(finish));
  } else {
    make(BytesOut<false>(finish));
  }
}

}  // namespace quantab::kernels::i8_gemm_simd

#endif  // QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_SIMD_H_
