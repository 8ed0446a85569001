#include "core/kernels/histogram/histogram.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/histogram/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily histogram_family("histogram", kEntries);

void CountInBins(size_t n, const float* x, bool magnitudes, size_t bins, const float* edges,
                 int64_t* counts) {
  histogram_family.Get<HistogramKernel>().run(n, x, magnitudes, bins, edges, counts);
}

}  // namespace quantab::kernels
