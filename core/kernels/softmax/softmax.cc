#include "core/kernels/softmax/softmax.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/softmax/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily softmax_family("softmax", kEntries);

void Softmax(size_t rows, size_t columns, const float* x, float* y) {
  softmax_family.Get<SoftmaxKernel>().softmax(rows, columns, x, y);
}

void LogSoftmax(size_t rows, size_t columns, const float* x, float* y) {
  softmax_family.Get<SoftmaxKernel>().log_softmax(rows, columns, x, y);
}

}  // namespace quantab::kernels
