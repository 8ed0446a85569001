#include <cmath>

#include "core/kernels/histogram/find_bin.h"
#include "core/kernels/histogram/histogram.h"

namespace quantab::kernels {
namespace {

void Run(size_t n, const float* x, bool magnitudes, size_t bins, const float* edges,
         int64_t* counts) {
  for (size_t i = 0; i < n; ++i) {
    const size_t bin = FindBin(magnitudes ? std::fabs(x[i]) : x[i], bins, edges);
    if (bin < bins) ++counts[bin];
  }
}

}  // namespace

const HistogramKernel histogram_reference = {Run};

}  // namespace quantab::kernels
