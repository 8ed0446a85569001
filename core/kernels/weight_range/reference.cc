#include <cmath>

#include "core/kernels/weight_range/weight_range.h"

namespace quantab::kernels {
namespace {

// Element i widens the range i * step.
template <size_t step>
bool Widen(size_t n, const float* x, float* min, float* max) {
  bool finite = true;
  for (size_t i = 0; i < n; ++i) {  // comparisons with NaN are false
    if (x[i] < min[i * step]) min[i * step] = x[i];
    if (x[i] > max[i * step]) max[i * step] = x[i];
    finite = finite && std::isfinite(x[i]);
  }
  return finite;
}

}  // namespace

const WeightRangeKernel weight_range_reference = {.one = Widen<0>, .each = Widen<1>};

}  // namespace quantab::kernels
