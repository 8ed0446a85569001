#include "core/kernels/softmax/softmax.h"

#include "core/base/parallel.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/softmax/kernels.inc"
#undef QUANTAB_KERNEL
};

size_t RowGrain(size_t columns) {
  constexpr size_t kStepsOfAnElement = 4;
  return GrainFor(columns * kStepsOfAnElement);
}

}  // namespace

constinit KernelFamily softmax_family("softmax", kEntries);

void Softmax(size_t rows, size_t columns, const float* x, float* y) {
  const SoftmaxKernel& kernel = softmax_family.Get<SoftmaxKernel>();
  ParallelFor(rows, RowGrain(columns), [&](size_t begin, size_t end) {
    kernel.softmax(end - begin, columns, x + begin * columns, y + begin * columns);
  });
}

void LogSoftmax(size_t rows, size_t columns, const float* x, float* y) {
  const SoftmaxKernel& kernel = softmax_family.Get<SoftmaxKernel>();
  ParallelFor(rows, RowGrain(columns), [&](size_t begin, size_t end) {
    kernel.log_softmax(end - begin, columns, x + begin * columns, y + begin * columns);
  });
}

}  // namespace quantab::kernels
