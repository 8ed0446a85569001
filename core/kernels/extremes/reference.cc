#include <cmath>

#include "core/kernels/extremes/extremes.h"

namespace quantab::kernels {
namespace {

Extremes Run(size_t n, const float* x) {
  Extremes found;
  for (size_t i = 0; i < n; ++i) {  // comparisons with NaN are false
    if (x[i] < found.min) found.min = x[i];
    if (x[i] > found.max) found.max = x[i];
    if (std::fabs(x[i]) < found.least) found.least = std::fabs(x[i]);
  }
  return found;
}

}  // namespace

const ExtremesKernel extremes_reference = {Run};

}  // namespace quantab::kernels
