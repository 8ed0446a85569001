// Kernel family `qlinear`: arithmetic of 8-bit tensors that leaves as 8-bit, in float32:
//
//   add   y = saturate(round_half_even(a * (a_scale / y_scale) + b * (b_scale / y_scale) + rest))
//         rest = y_zero - (a_scale / y_scale * a_zero + b_scale / y_scale * b_zero)
//   mul   y = saturate(round_half_even((a - a_zero) * (b - b_zero) * (a_scale * b_scale / y_scale)
//         + y_zero))
//   affine y = saturate(round_half_even(x * factor + rest)), factor and rest by column
//
// add and mul have the order of operations of ONNX Runtime's QLinearAdd and QLinearMul, where these
// do not fuse multiply and add.
#ifndef QUANTAB_CORE_KERNELS_QLINEAR_QLINEAR_H_
#define QUANTAB_CORE_KERNELS_QLINEAR_QLINEAR_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

struct QLinearSide {
  const uint8_t* data;
  size_t step;  // from element to element: 1, or 0 for the same one each time
  bool is_signed;
  float scale;
  int32_t zero;  // in the type's range
};

struct QLinearResult {
  uint8_t* data;
  bool is_signed;
  float scale;
  int32_t zero;
};

// n elements; y is one of the operands' data or apart from both. Scales are finite, y's is not 0.
void QLinearAdd(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearResult& y);
void QLinearMul(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearResult& y);

// Rows of n elements, one after the other; y is apart from x. Column i has factor[i * step] and
// rest[i * step], `step` 1 or 0.
struct QLinearColumns {
  size_t rows, n;
  const uint8_t* x;
  bool x_signed;
  const float* factor;
  const float* rest;
  size_t step;
  uint8_t* y;
  bool y_signed;
};
void QLinearAffine(const QLinearColumns& columns);

// The numbers of one call: y = a * a_factor + b * b_factor + rest for sums, and
// y = (a - a_zero) * (b - b_zero) * factor + rest for products.
struct QLinearSum {
  float a_factor, b_factor, rest;
};
struct QLinearProduct {
  float a_zero, b_zero, factor, rest;
};

// One kernel of the family.
struct QLinearKernel {
  void (*add)(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearSum& sum,
              const QLinearResult& y);
  void (*mul)(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearProduct& product,
              const QLinearResult& y);
  void (*affine)(const QLinearColumns& columns);
};

extern KernelFamily qlinear_family;
#define QUANTAB_KERNEL(name, needs) extern const QLinearKernel name;
#include "core/kernels/qlinear/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_QLINEAR_QLINEAR_H_
