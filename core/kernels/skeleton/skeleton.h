// Kernel family `skeleton`: the smallest family, to be copied when starting another.
//
//   y[i] = x[i] * scale + shift,   0 <= i < n
//
// Tile: 4 floats. Rounding: the product, then the sum (relaxed kernels may round once).
// The caller: x and y hold n floats each, at any alignment; y is x, or they do not overlap.
#ifndef QUANTAB_CORE_KERNELS_SKELETON_SKELETON_H_
#define QUANTAB_CORE_KERNELS_SKELETON_SKELETON_H_

#include <cstddef>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

void Skeleton(size_t n, const float* x, float scale, float shift, float* y);

// One kernel of the family.
struct SkeletonKernel {
  void (*run)(size_t n, const float* x, float scale, float shift, float* y);
};

extern KernelFamily skeleton_family;
#define QUANTAB_KERNEL(name, needs) extern const SkeletonKernel name;
#include "core/kernels/skeleton/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_SKELETON_SKELETON_H_
