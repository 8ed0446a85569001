// Sixty-four bytes at a time, through sixteen tables of sixteen entries: swizzle gives 0 where an
// index is not below 16, so each byte has its entry from one table and 0 from the others.
#include "core/base/simd.h"
#include "core/kernels/lookup/lookup.h"
#include "core/kernels/lookup/rows.h"

namespace quantab::kernels {
namespace {

constexpr int kEntriesOfATable = 16;

// Volatile, so that engines hold it in a register: they build a constant anew at each use.
const volatile int8_t entries_of_a_table = kEntriesOfATable;

template <int kVectors>
void Some(const uint8_t* x, const uint8_t* table, v128_t step, uint8_t* y) {
  v128_t index[kVectors], result[kVectors];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    index[v] = wasm_v128_load(x + 16 * v);
    result[v] = wasm_i32x4_splat(0);
  }
  QUANTAB_UNROLL
  for (int t = 0; t < kEntriesOfATable; ++t) {
    const v128_t entries = wasm_v128_load(table + kEntriesOfATable * t);
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      result[v] = wasm_v128_or(result[v], wasm_i8x16_swizzle(entries, index[v]));
      index[v] = wasm_i8x16_sub(index[v], step);
    }
  }
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) wasm_v128_store(y + 16 * v, result[v]);
}

void Run(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  const v128_t step = wasm_i8x16_splat(entries_of_a_table);
  size_t i = 0;
  for (; i + 64 <= n; i += 64) Some<4>(x + i, table, step, y + i);
  for (; i + 16 <= n; i += 16) Some<1>(x + i, table, step, y + i);
  for (; i < n; ++i) y[i] = table[x[i]];
}

void Rows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table, uint8_t* y,
          size_t y_row) {
  lookup::Rows(
      rows, n, x, x_row, table == nullptr, y, y_row,
      [table](size_t count, const uint8_t* from, uint8_t* to) { Run(count, from, table, to); });
}

}  // namespace

const LookupKernel lookup_simd128 = {Run, Rows};

}  // namespace quantab::kernels
