// Kernel family `reduce`: one value for each contiguous row, or for each column.
//
//   along rows      y[r] = op over c of x[r * columns + c]
//   along columns   y[c] = op over r of x[r * columns + c]
//
// Sums are made in another order by each kernel: relative error of at most columns (rows) * 2^-24
// of the sum of absolute values. Max and min are exact, NaN if any element is NaN.
#ifndef QUANTAB_CORE_KERNELS_REDUCE_REDUCE_H_
#define QUANTAB_CORE_KERNELS_REDUCE_REDUCE_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

enum class ReduceOp : uint8_t {
  kSum,
  kMean,
  kMax,
  kMin,
  kSumSquare,
  kL1,  // sum of absolute values
};
inline constexpr int kReduceOps = static_cast<int>(ReduceOp::kL1) + 1;

// The caller: x has rows * columns floats; y has `rows` (Rows) or `columns` (Columns) floats; no
// overlap. Nothing to reduce gives 0 for sums, NaN for mean, -infinity for max, +infinity for min.
// A middle axis [outer, axis, inner] is `outer` calls of ReduceColumns(op, axis, inner, ...).
void ReduceRows(ReduceOp op, size_t rows, size_t columns, const float* x, float* y);
void ReduceColumns(ReduceOp op, size_t rows, size_t columns, const float* x, float* y);

// One kernel of the family.
struct ReduceKernel {
  void (*rows)(ReduceOp op, size_t rows, size_t columns, const float* x, float* y);
  void (*columns)(ReduceOp op, size_t rows, size_t columns, const float* x, float* y);
};

extern KernelFamily reduce_family;
#define QUANTAB_KERNEL(name, needs) extern const ReduceKernel name;
#include "core/kernels/reduce/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_REDUCE_REDUCE_H_
