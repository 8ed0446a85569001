#include "core/kernels/extremes/extremes.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/extremes/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily extremes_family("extremes", kEntries);

Extremes FindExtremes(size_t n, const float* x) {
  return extremes_family.Get<ExtremesKernel>().run(n, x);
}

}  // namespace quantab::kernels
