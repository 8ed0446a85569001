// Kernel family `transpose`: permutes the dimensions of a tensor of 1-, 2-, 4-, 8- or 16-byte
// elements.
//
//   y[i_perm[0], i_perm[1], ...] = x[i_0, i_1, ...]: dimension d of y is dimension perm[d] of x
//
// Dimensions that stay together are merged first; what remains runs as blocked 2-D transposes or as
// runs of bytes.
#ifndef QUANTAB_CORE_KERNELS_TRANSPOSE_TRANSPOSE_H_
#define QUANTAB_CORE_KERNELS_TRANSPOSE_TRANSPOSE_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

inline constexpr size_t kMaxTransposeRank = 16;

// The caller: rank <= kMaxTransposeRank; perm is a permutation of 0..rank-1; element_size is 1, 2,
// 4, 8 or 16; x and y hold the product of dims elements each, at any alignment; no overlap.
void Transpose(size_t rank, const size_t* dims, const size_t* perm, size_t element_size,
               const void* x, void* y);

// Rows and columns swapped: y[c * y_row + r] = x[r * x_row + c], steps in elements, x_row >=
// columns, y_row >= rows.
void Transpose2D(size_t rows, size_t columns, size_t element_size, const void* x, size_t x_row,
                 void* y, size_t y_row);

// One kernel of the family.
struct TransposeKernel {
  void (*transpose_2d)(size_t rows, size_t columns, size_t element_size, const void* x,
                       size_t x_row, void* y, size_t y_row);
};

extern KernelFamily transpose_family;
#define QUANTAB_KERNEL(name, needs) extern const TransposeKernel name;
#include "core/kernels/transpose/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_TRANSPOSE_TRANSPOSE_H_
