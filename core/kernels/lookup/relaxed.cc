// Sixteen bytes at a time: the low half of a byte picks an entry of each of sixteen tables of
// sixteen entries, the four bits of its high half pick one of those. Indices are below 16 and masks
// all ones or none, where the relaxed instructions do the same on every machine.
#include "core/base/simd.h"
#include "core/kernels/lookup/lookup.h"
#include "core/kernels/lookup/rows.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

using lookup::kVector;

// For a bit of each byte, all ones where it is set.
struct HighBits {
  v128_t mask[4];  // bit 4, 5, 6 and 7
};

HighBits HighBitsOf(v128_t x) {
  const v128_t zero = wasm_i32x4_splat(0);
  HighBits bits;
  QUANTAB_UNROLL
  for (int bit = 3; bit >= 0; --bit) {
    bits.mask[bit] = wasm_i8x16_lt(x, zero);
    x = wasm_i8x16_add(x, x);
  }
  return bits;
}

// The entries of the 2^kBits tables from `table` on that the lowest kBits of the bits pick.
template <int kBits>
v128_t Pick(const uint8_t* table, v128_t low, const HighBits& bits) {
  if constexpr (kBits == 0) {
    return RelaxedSwizzle(wasm_v128_load(table), low);
  } else {
    constexpr size_t kHalf = kVector << (kBits - 1);
    const v128_t clear = Pick<kBits - 1>(table, low, bits);
    const v128_t set = Pick<kBits - 1>(table + kHalf, low, bits);
    return RelaxedLaneSelect(set, clear, bits.mask[kBits - 1]);
  }
}

v128_t LookUp(v128_t x, const uint8_t* table) {
  const v128_t low = wasm_v128_and(x, wasm_i8x16_splat(0x0f));
  return Pick<4>(table, low, HighBitsOf(x));
}

void Run(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  size_t i = 0;
  for (; i + kVector <= n; i += kVector) {
    wasm_v128_store(y + i, LookUp(wasm_v128_load(x + i), table));
  }
  for (; i < n; ++i) y[i] = table[x[i]];
}

void Rows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table, uint8_t* y,
          size_t y_row) {
  lookup::Rows(
      rows, n, x, x_row, table == nullptr, y, y_row,
      [table](size_t count, const uint8_t* from, uint8_t* to) { Run(count, from, table, to); });
}

}  // namespace

const LookupKernel lookup_relaxed = {Run, Rows};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
