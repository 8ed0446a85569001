// Kernel family `softmax`: along contiguous rows.
//
//   softmax       y[r,c] = exp(x[r,c] - max) / sum over c of exp(x[r,c] - max),   max = largest of
//   the row log softmax   y[r,c] = x[r,c] - max - log(sum over c of exp(x[r,c] - max))
//
// Accuracy 1e-6 * |result| + 1e-6. A row holding NaN or +infinity, or only -infinity, becomes NaN.
#ifndef QUANTAB_CORE_KERNELS_SOFTMAX_SOFTMAX_H_
#define QUANTAB_CORE_KERNELS_SOFTMAX_SOFTMAX_H_

#include <cstddef>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// The caller: rows * columns floats each, contiguous; y is x, or they do not overlap.
void Softmax(size_t rows, size_t columns, const float* x, float* y);
void LogSoftmax(size_t rows, size_t columns, const float* x, float* y);

// One kernel of the family.
struct SoftmaxKernel {
  void (*softmax)(size_t rows, size_t columns, const float* x, float* y);
  void (*log_softmax)(size_t rows, size_t columns, const float* x, float* y);
};

extern KernelFamily softmax_family;
#define QUANTAB_KERNEL(name, needs) extern const SoftmaxKernel name;
#include "core/kernels/softmax/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_SOFTMAX_SOFTMAX_H_
