// The functions that give the same bits in every kernel, on vectors: simd128.cc and relaxed.cc
// share them.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_EXACT_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_EXACT_H_

#include "core/kernels/elementwise/elementwise.h"

namespace quantab::kernels::elementwise_exact {

// As ElementwiseKernel::unary. `op` is exact: those that are not are approximate.h's.
void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta);

// ElementwiseKernel::binary.
void Binary(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
            const float* b, size_t b_row, size_t b_column, float* y);

}  // namespace quantab::kernels::elementwise_exact

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_EXACT_H_
