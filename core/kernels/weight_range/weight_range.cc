#include "core/kernels/weight_range/weight_range.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/weight_range/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily weight_range_family("weight_range", kEntries);

bool WidenRange(size_t n, const float* x, float& min, float& max) {
  return weight_range_family.Get<WeightRangeKernel>().one(n, x, &min, &max);
}

bool WidenRanges(size_t n, const float* x, float* min, float* max) {
  return weight_range_family.Get<WeightRangeKernel>().each(n, x, min, max);
}

}  // namespace quantab::kernels
