// Kernel family `histogram`: how many elements fall into each bin.
//
//   counts[i] += the number of x with edges[i] <= x < edges[i + 1]; the last bin holds its upper
//   edge too. What is outside of all bins, and NaN, is not counted.
//
// Exact: the edges alone decide. A kernel guesses the bin as if all were equally wide, which makes
// it fast where they are.
#ifndef QUANTAB_CORE_KERNELS_HISTOGRAM_HISTOGRAM_H_
#define QUANTAB_CORE_KERNELS_HISTOGRAM_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

inline constexpr size_t kMostHistogramBins = size_t{1} << 24;

// The caller: x holds n floats, `edges` bins + 1 finite ones that never fall, `counts` bins;
// 0 < bins <= kMostHistogramBins. With `magnitudes` the elements are |x|.
void CountInBins(size_t n, const float* x, bool magnitudes, size_t bins, const float* edges,
                 int64_t* counts);

// One kernel of the family.
struct HistogramKernel {
  void (*run)(size_t n, const float* x, bool magnitudes, size_t bins, const float* edges,
              int64_t* counts);
};

extern KernelFamily histogram_family;
#define QUANTAB_KERNEL(name, needs) extern const HistogramKernel name;
#include "core/kernels/histogram/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_HISTOGRAM_HISTOGRAM_H_
