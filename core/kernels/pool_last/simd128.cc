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

}  // namespace

const PoolLastKernel pool_last_simd128 = {Largest};

}  // namespace quantab::kernels
