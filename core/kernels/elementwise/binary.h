// Functions of two tensors on vectors: one kernel, which simd128.cc and relaxed.cc share.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_BINARY_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_BINARY_H_

#include "core/kernels/elementwise/elementwise.h"

namespace quantab::kernels::elementwise_binary {

// See Binary in elementwise.h.
void Run(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
         const float* b, size_t b_row, size_t b_column, float* y);

}  // namespace quantab::kernels::elementwise_binary

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_BINARY_H_
