#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/pool_last/pool_last.h"

namespace quantab::kernels {
namespace {

template <bool kSigned>
v128_t Larger(v128_t a, v128_t b) {
  return kSigned ? wasm_i8x16_max(a, b) : wasm_u8x16_max(a, b);
}

template <bool kSigned>
void LargestOf(size_t n, size_t count, const uint8_t* const* rows, uint8_t* y) {
  constexpr size_t kLanes = 16;
  if (n < kLanes) {
    constexpr uint8_t kFlip = kSigned ? 0x80 : 0;
    for (size_t i = 0; i < n; ++i) {
      uint8_t best = 0;
      for (size_t t = 0; t < count; ++t) {
        best = std::max(best, static_cast<uint8_t>(rows[t][i] ^ kFlip));
      }
      y[i] = best ^ kFlip;
    }
    return;
  }
  // The last vector makes some bytes a second time.
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t at = std::min(i, n - kLanes);
    v128_t best = wasm_v128_load(rows[0] + at);
    for (size_t t = 1; t < count; ++t) best = Larger<kSigned>(best, wasm_v128_load(rows[t] + at));
    wasm_v128_store(y + at, best);
  }
}

void Largest(size_t n, size_t count, const uint8_t* const* rows, bool is_signed, uint8_t* y) {
  is_signed ? LargestOf<true>(n, count, rows, y) : LargestOf<false>(n, count, rows, y);
}

// The larger; a NaN in `a` stays, one in `b` sets all bits. x86 has no instruction for f32x4.max.
v128_t LargerF32(v128_t a, v128_t b) {
  return wasm_v128_or(wasm_f32x4_pmax(a, b), wasm_f32x4_ne(b, b));
}

// kVectors vectors of channels from `at` on.
template <size_t kVectors>
void LargestVectors(size_t at, size_t count, const float* const* rows, float* y) {
  v128_t best[kVectors];
  QUANTAB_UNROLL
  for (size_t v = 0; v < kVectors; ++v) best[v] = wasm_v128_load(rows[0] + at + 4 * v);
  for (size_t t = 1; t < count; ++t) {
    const float* row = rows[t] + at;
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) {
      best[v] = LargerF32(best[v], wasm_v128_load(row + 4 * v));
    }
  }
  QUANTAB_UNROLL
  for (size_t v = 0; v < kVectors; ++v) wasm_v128_store(y + at + 4 * v, best[v]);
}

void LargestF32(size_t n, size_t count, const float* const* rows, float* y) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) LargestVectors<4>(i, count, rows, y);
  for (; i + 4 <= n; i += 4) LargestVectors<1>(i, count, rows, y);
  for (; i < n; ++i) {
    v128_t best = wasm_v128_load32_splat(rows[0] + i);
    for (size_t t = 1; t < count; ++t) best = LargerF32(best, wasm_v128_load32_splat(rows[t] + i));
    y[i] = wasm_f32x4_extract_lane(best, 0);
  }
}

// Sums of bytes in 16 bits do not overflow over so many.
constexpr size_t kMostInHalf = 256;

template <bool kSigned>
v128_t Low(v128_t bytes) {
  return kSigned ? wasm_i16x8_extend_low_i8x16(bytes) : wasm_u16x8_extend_low_u8x16(bytes);
}

template <bool kSigned>
v128_t High(v128_t bytes) {
  return kSigned ? wasm_i16x8_extend_high_i8x16(bytes) : wasm_u16x8_extend_high_u8x16(bytes);
}

// Adds eight sums of 16 bits to those at `y`.
template <bool kSigned>
void AddHalves(v128_t halves, int32_t* y) {
  const v128_t low =
      kSigned ? wasm_i32x4_extend_low_i16x8(halves) : wasm_u32x4_extend_low_u16x8(halves);
  const v128_t high =
      kSigned ? wasm_i32x4_extend_high_i16x8(halves) : wasm_u32x4_extend_high_u16x8(halves);
  wasm_v128_store(y, wasm_i32x4_add(wasm_v128_load(y), low));
  wasm_v128_store(y + 4, wasm_i32x4_add(wasm_v128_load(y + 4), high));
}

// The sums of 16 * kVectors channels.
template <bool kSigned, size_t kVectors>
void SumVectors(size_t pixels, const uint8_t* x, size_t row, int32_t* y) {
  std::fill_n(y, 16 * kVectors, 0);
  for (size_t first = 0; first < pixels; first += kMostInHalf) {
    v128_t low[kVectors], high[kVectors];
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) low[v] = high[v] = wasm_i32x4_splat(0);
    const size_t end = std::min(pixels, first + kMostInHalf);
    for (size_t q = first; q < end; ++q) {
      QUANTAB_UNROLL
      for (size_t v = 0; v < kVectors; ++v) {
        const v128_t bytes = wasm_v128_load(x + q * row + 16 * v);
        low[v] = wasm_i16x8_add(low[v], Low<kSigned>(bytes));
        high[v] = wasm_i16x8_add(high[v], High<kSigned>(bytes));
      }
    }
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) {
      AddHalves<kSigned>(low[v], y + 16 * v);
      AddHalves<kSigned>(high[v], y + 16 * v + 8);
    }
  }
}

template <bool kSigned>
void SumOf(size_t pixels, size_t n, const uint8_t* x, size_t row, int32_t* y) {
  size_t i = 0;
  for (; i + 64 <= n; i += 64) SumVectors<kSigned, 4>(pixels, x + i, row, y + i);
  for (; i + 16 <= n; i += 16) SumVectors<kSigned, 1>(pixels, x + i, row, y + i);
  if (i == n) return;
  if (n >= 16) return SumVectors<kSigned, 1>(pixels, x + n - 16, row, y + n - 16);
  std::fill_n(y, n, 0);
  for (size_t q = 0; q < pixels; ++q) {
    for (size_t c = 0; c < n; ++c) {
      const uint8_t byte = x[q * row + c];
      y[c] += kSigned ? int{static_cast<int8_t>(byte)} : int{byte};
    }
  }
}

void Sum(size_t pixels, size_t n, const uint8_t* x, size_t row, bool is_signed, int32_t* y) {
  is_signed ? SumOf<true>(pixels, n, x, row, y) : SumOf<false>(pixels, n, x, row, y);
}

}  // namespace

const PoolLastKernel pool_last_simd128 = {Largest, LargestF32, Sum};

}  // namespace quantab::kernels
