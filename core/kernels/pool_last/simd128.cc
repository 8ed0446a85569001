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

}  // namespace

const PoolLastKernel pool_last_simd128 = {Largest, LargestF32};

}  // namespace quantab::kernels
