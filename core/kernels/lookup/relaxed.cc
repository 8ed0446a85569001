// Sixty-four bytes at a time, through sixteen tables of sixteen entries, by a swizzle that leaves
// open what an index of 16 to 127 gives:
//
//   y = xor over k of T[k][x - 16 k]
//
// The difference wraps around for k up to 8 and saturates after that, so that it is negative, and
// gives 0, before k comes near x / 16 and for all k beyond. Where such indices give 0 too, only
// k = x / 16 gives an entry, and T is the table. Where they count modulo 16, every k from
// max(0, x / 16 - 7) to x / 16 gives one, and T is made so that the others cancel out:
//
//   T[0] = t[0];  T[k] = t[k] ^ t[k - 1], k < 8;  T[k] = t[k] ^ t[k - 1] ^ T[k - 8], k >= 8
#include "core/base/simd.h"
#include "core/kernels/lookup/lookup.h"
#include "core/kernels/lookup/rows.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

constexpr int kTables = 16;
constexpr int kEntries = 16;
// The differences of the first wrap around.
constexpr int kWrapping = 8;

// Volatile, so that engines hold it in a register: they build a constant anew at each use.
const volatile int8_t entries_of_a_table = kEntries;

// Whether an index of 16 to 127 counts modulo 16.
bool SwizzleWraps() {
  const volatile int8_t index = kEntries;
  const v128_t swizzled = RelaxedSwizzle(wasm_i8x16_splat(1), wasm_i8x16_splat(index));
  return wasm_i8x16_extract_lane(swizzled, 0) != 0;
}

struct Tables {
  explicit Tables(const uint8_t* table) : step(wasm_i8x16_splat(entries_of_a_table)) {
    const bool wraps = SwizzleWraps();
    v128_t before = wasm_i32x4_splat(0);
    for (int k = 0; k < kTables; ++k) {
      const v128_t entries = wasm_v128_load(table + kEntries * k);
      part[k] = entries;
      if (wraps) {
        part[k] = wasm_v128_xor(part[k], before);
        if (k >= kWrapping) part[k] = wasm_v128_xor(part[k], part[k - kWrapping]);
      }
      before = entries;
    }
  }

  v128_t part[kTables];
  v128_t step;
};

template <int kVectors>
void Some(const uint8_t* x, const Tables& tables, uint8_t* y) {
  const v128_t step = tables.step;
  v128_t index[kVectors], result[kVectors];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    index[v] = wasm_v128_load(x + 16 * v);
    result[v] = wasm_i32x4_splat(0);
  }
  QUANTAB_UNROLL
  for (int k = 0; k < kTables; ++k) {
    const v128_t entries = tables.part[k];
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      result[v] = wasm_v128_xor(result[v], RelaxedSwizzle(entries, index[v]));
      index[v] =
          k < kWrapping ? wasm_i8x16_sub(index[v], step) : wasm_i8x16_sub_sat(index[v], step);
    }
  }
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) wasm_v128_store(y + 16 * v, result[v]);
}

void LookUp(size_t n, const uint8_t* x, const uint8_t* table, const Tables& tables, uint8_t* y) {
  size_t i = 0;
  for (; i + 64 <= n; i += 64) Some<4>(x + i, tables, y + i);
  for (; i + 16 <= n; i += 16) Some<1>(x + i, tables, y + i);
  for (; i < n; ++i) y[i] = table[x[i]];
}

void Run(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  LookUp(n, x, table, Tables(table), y);
}

void Rows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table, uint8_t* y,
          size_t y_row) {
  if (table == nullptr) {
    return lookup::Rows(rows, n, x, x_row, true, y, y_row, [](size_t, const uint8_t*, uint8_t*) {});
  }
  const Tables tables(table);
  lookup::Rows(rows, n, x, x_row, false, y, y_row,
               [&](size_t count, const uint8_t* from, uint8_t* to) {
                 LookUp(count, from, table, tables, to);
               });
}

}  // namespace

const LookupKernel lookup_relaxed = {Run, Rows};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
