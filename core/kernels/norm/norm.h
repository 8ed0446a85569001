// Kernel family `norm`: normalisation of contiguous rows.
//
//   mean[r] = sum over c of x[r,c] / columns,   variance[r] = sum over c of (x[r,c] - mean[r])^2 /
//   columns layer norm    y[r,c] = (x[r,c] - mean[r]) * inv[r] * gamma[c] + beta[c],   inv[r] = 1 /
//   sqrt(variance[r] + epsilon) rms norm      the same with mean 0 scale rows    y[r,c] = x[r,c] *
//   scale[r] + shift[r]    (batch and instance normalisation of channels-first planes)
//
// The mean is found before the variance, so a large mean costs no accuracy: 1e-5 * |result| + 1e-5.
#ifndef QUANTAB_CORE_KERNELS_NORM_NORM_H_
#define QUANTAB_CORE_KERNELS_NORM_NORM_H_

#include <cstddef>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// The caller: x has rows * columns floats, contiguous; mean and variance have `rows` floats.
void MeanVarianceRows(size_t rows, size_t columns, const float* x, float* mean, float* variance);

// gamma, beta: `columns` floats or null (1, 0). mean, inv: `rows` floats or null (not wanted). y is
// x, or does not overlap it.
void LayerNormRows(size_t rows, size_t columns, const float* x, const float* gamma,
                   const float* beta, float epsilon, float* y, float* mean, float* inv);

// As LayerNormRows, with 0 for the mean.
void RmsNormRows(size_t rows, size_t columns, const float* x, const float* gamma, const float* beta,
                 float epsilon, float* y, float* inv);

// scale, shift: `rows` floats each. y is x, or does not overlap it.
void ScaleShiftRows(size_t rows, size_t columns, const float* x, const float* scale,
                    const float* shift, float* y);

// One kernel of the family: single rows.
struct NormKernel {
  void (*mean_variance)(size_t columns, const float* x, float* mean, float* variance);
  float (*mean_square)(size_t columns, const float* x);
  // y[c] = (x[c] - mean) * inv * gamma[c] + beta[c]; gamma and beta may be null.
  void (*normalize)(size_t columns, const float* x, float mean, float inv, const float* gamma,
                    const float* beta, float* y);
  // y[c] = x[c] * scale + shift.
  void (*scale_shift)(size_t columns, const float* x, float scale, float shift, float* y);
};

extern KernelFamily norm_family;
#define QUANTAB_KERNEL(name, needs) extern const NormKernel name;
#include "core/kernels/norm/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_NORM_NORM_H_
