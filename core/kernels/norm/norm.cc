#include "core/kernels/norm/norm.h"

#include <cmath>

#include "core/base/parallel.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/norm/kernels.inc"
#undef QUANTAB_KERNEL
};

// Calls run(r) for every row.
template <typename Run>
void ForEachRow(size_t rows, size_t columns, const Run& run) {
  constexpr size_t kStepsOfAnElement = 2;
  ParallelFor(rows, GrainFor(columns * kStepsOfAnElement), [&](size_t begin, size_t end) {
    for (; begin < end; ++begin) run(begin);
  });
}

}  // namespace

constinit KernelFamily norm_family("norm", kEntries);

void MeanVarianceRows(size_t rows, size_t columns, const float* x, float* mean, float* variance) {
  const NormKernel& kernel = norm_family.Get<NormKernel>();
  ForEachRow(rows, columns, [&](size_t r) {
    kernel.mean_variance(columns, x + r * columns, mean + r, variance + r);
  });
}

void LayerNormRows(size_t rows, size_t columns, const float* x, const float* gamma,
                   const float* beta, float epsilon, float* y, float* mean, float* inv) {
  const NormKernel& kernel = norm_family.Get<NormKernel>();
  ForEachRow(rows, columns, [&](size_t r) {
    float row_mean = 0;
    float variance = 0;
    kernel.mean_variance(columns, x + r * columns, &row_mean, &variance);
    const float row_inv = 1 / std::sqrt(variance + epsilon);
    kernel.normalize(columns, x + r * columns, row_mean, row_inv, gamma, beta, y + r * columns);
    if (mean != nullptr) mean[r] = row_mean;
    if (inv != nullptr) inv[r] = row_inv;
  });
}

void RmsNormRows(size_t rows, size_t columns, const float* x, const float* gamma, const float* beta,
                 float epsilon, float* y, float* inv) {
  const NormKernel& kernel = norm_family.Get<NormKernel>();
  ForEachRow(rows, columns, [&](size_t r) {
    const float row_inv = 1 / std::sqrt(kernel.mean_square(columns, x + r * columns) + epsilon);
    kernel.normalize(columns, x + r * columns, 0, row_inv, gamma, beta, y + r * columns);
    if (inv != nullptr) inv[r] = row_inv;
  });
}

void ScaleShiftRows(size_t rows, size_t columns, const float* x, const float* scale,
                    const float* shift, float* y) {
  const NormKernel& kernel = norm_family.Get<NormKernel>();
  ForEachRow(rows, columns, [&](size_t r) {
    kernel.scale_shift(columns, x + r * columns, scale[r], shift[r], y + r * columns);
  });
}

}  // namespace quantab::kernels
