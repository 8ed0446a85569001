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

void LookupRows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table,
                uint8_t* y, size_t y_row) {
  const LookupKernel& kernel = lookup_family.Get<LookupKernel>();
  ParallelFor(rows, GrainFor(n), [&](size_t begin, size_t end) {
    kernel.rows(end - begin, n, x + begin * x_row, x_row, table, y + begin * y_row, y_row);
  });
}

}  // namespace quantab::kernels
