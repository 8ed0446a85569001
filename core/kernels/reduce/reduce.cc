#include "core/kernels/reduce/reduce.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/reduce/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily reduce_family("reduce", kEntries);

void ReduceRows(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  reduce_family.Get<ReduceKernel>().rows(op, rows, columns, x, y);
}

void ReduceColumns(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  reduce_family.Get<ReduceKernel>().columns(op, rows, columns, x, y);
}

}  // namespace quantab::kernels
