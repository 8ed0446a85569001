// Kernel family `lookup`: functions of one byte, by table, and rows of bytes laid beside others.
//
//   y[i] = table[x[i]]
#ifndef QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_
#define QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// table: 256 bytes; x and y: n bytes, equal or apart.
void Lookup(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y);

// The same for rows of n bytes that lie apart; without a table (nullptr) they are copied:
//   y[r * y_row + i] = table[x[r * x_row + i]],  0 <= i < n
// x_row and y_row are n or more. What is between the rows of y is left alone. x and y are apart.
void LookupRows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table,
                uint8_t* y, size_t y_row);

// One kernel of the family.
struct LookupKernel {
  void (*run)(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y);
  void (*rows)(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table,
               uint8_t* y, size_t y_row);
};

extern KernelFamily lookup_family;
#define QUANTAB_KERNEL(name, needs) extern const LookupKernel name;
#include "core/kernels/lookup/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_
