// Kernel family `weight_range`: widens ranges until they hold the elements of a weight, and says
// whether all of these are finite.
//
//   one    min = the least of min and all x[i], max = the greatest of max and all x[i]
//   each   min[i] = the lesser of min[i] and x[i], max[i] = the greater of max[i] and x[i]
//
// Exact: every kernel gives equal results, but for the sign of a zero. NaN widens nothing.
// The caller: n floats each, at any alignment, no overlap; of `one`, a single min and max. An empty
// range is {infinity, -infinity}.
#ifndef QUANTAB_CORE_KERNELS_WEIGHT_RANGE_WEIGHT_RANGE_H_
#define QUANTAB_CORE_KERNELS_WEIGHT_RANGE_WEIGHT_RANGE_H_

#include <cstddef>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// Each returns whether all of x is finite.
bool WidenRange(size_t n, const float* x, float& min, float& max);
bool WidenRanges(size_t n, const float* x, float* min, float* max);

// One kernel of the family.
struct WeightRangeKernel {
  bool (*one)(size_t n, const float* x, float* min, float* max);
  bool (*each)(size_t n, const float* x, float* min, float* max);
};

extern KernelFamily weight_range_family;
#define QUANTAB_KERNEL(name, needs) extern const WeightRangeKernel name;
#include "core/kernels/weight_range/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_WEIGHT_RANGE_WEIGHT_RANGE_H_
