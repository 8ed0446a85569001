// Kernel family `extremes`: the smallest and the largest element and the smallest magnitude.
//
// Exact: every kernel gives equal results, but for the sign of a zero. NaN is passed over.
// The caller: x holds n floats, at any alignment.
#ifndef QUANTAB_CORE_KERNELS_EXTREMES_EXTREMES_H_
#define QUANTAB_CORE_KERNELS_EXTREMES_EXTREMES_H_

#include <cstddef>
#include <limits>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// As it is here when there is no element but NaN.
struct Extremes {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  float least = std::numeric_limits<float>::infinity();  // the smallest |x|
};

Extremes FindExtremes(size_t n, const float* x);

// One kernel of the family.
struct ExtremesKernel {
  Extremes (*run)(size_t n, const float* x);
};

extern KernelFamily extremes_family;
#define QUANTAB_KERNEL(name, needs) extern const ExtremesKernel name;
#include "core/kernels/extremes/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_EXTREMES_EXTREMES_H_
