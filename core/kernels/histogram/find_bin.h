// The bin of one element, by binary search.
#ifndef QUANTAB_CORE_KERNELS_HISTOGRAM_FIND_BIN_H_
#define QUANTAB_CORE_KERNELS_HISTOGRAM_FIND_BIN_H_

#include <algorithm>
#include <cstddef>

namespace quantab::kernels {

// The bin of x between the bins + 1 edges, or `bins` when it is in none.
inline size_t FindBin(float x, size_t bins, const float* edges) {
  if (!(x >= edges[0] && x <= edges[bins])) return bins;
  const float* above = std::upper_bound(edges, edges + bins, x);
  return static_cast<size_t>(above - edges) - 1;
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_HISTOGRAM_FIND_BIN_H_
