#include "core/kernels/skeleton/skeleton.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/skeleton/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily skeleton_family("skeleton", kEntries);

void Skeleton(size_t n, const float* x, float scale, float shift, float* y) {
  skeleton_family.Get<SkeletonKernel>().run(n, x, scale, shift, y);
}

}  // namespace quantab::kernels
