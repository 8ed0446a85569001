// Rows of bytes by vectors: what the SIMD kernels of the family share. A row that is no multiple of
// a vector ends with one that overlaps the one before it.
#ifndef QUANTAB_CORE_KERNELS_LOOKUP_ROWS_H_
#define QUANTAB_CORE_KERNELS_LOOKUP_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/simd.h"

namespace quantab::kernels::lookup {

constexpr size_t kVector = 16;

// Engines make a call of a copy whose size is no constant, which takes longer than one of fewer
// bytes by vectors does.
constexpr size_t kCall = 1024;

inline void CopyRow(size_t n, const uint8_t* x, uint8_t* y) {
  if (n < kVector) {
    for (size_t i = 0; i < n; ++i) y[i] = x[i];
    return;
  }
  if (n >= kCall) {
    std::memcpy(y, x, n);
    return;
  }
  for (size_t i = 0; i + kVector <= n; i += kVector) wasm_v128_store(y + i, wasm_v128_load(x + i));
  if (n % kVector != 0) wasm_v128_store(y + n - kVector, wasm_v128_load(x + n - kVector));
}

// `look(n, x, y)` makes n bytes of y, any n; the last vector of a row may be made twice.
template <class Look>
void LookUpRow(size_t n, const uint8_t* x, uint8_t* y, Look look) {
  const size_t whole = n - n % kVector;
  if (n < kVector || n == whole) return look(n, x, y);
  look(whole, x, y);
  look(kVector, x + n - kVector, y + n - kVector);
}

template <class Look>
void Rows(size_t rows, size_t n, const uint8_t* x, size_t x_row, bool is_copy, uint8_t* y,
          size_t y_row, Look look) {
  for (size_t r = 0; r < rows; ++r, x += x_row, y += y_row) {
    if (is_copy) {
      CopyRow(n, x, y);
    } else {
      LookUpRow(n, x, y, look);
    }
  }
}

}  // namespace quantab::kernels::lookup

#endif  // QUANTAB_CORE_KERNELS_LOOKUP_ROWS_H_
