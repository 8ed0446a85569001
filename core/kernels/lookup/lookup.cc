#include "core/kernels/lookup/lookup.h"

#include "core/base/parallel.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/lookup/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily lookup_family("lookup", kEntries);

void Lookup(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  const LookupKernel& kernel = lookup_family.Get<LookupKernel>();
  ParallelFor(n, GrainFor(1), [&](size_t begin, size_t end) {
    kernel.run(end - begin, x + begin, table, y + begin);
  });
}

}  // namespace quantab::kernels
