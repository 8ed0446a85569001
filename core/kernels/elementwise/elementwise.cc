#include "core/kernels/elementwise/elementwise.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/elementwise/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily elementwise_family("elementwise", kEntries);

void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
  elementwise_family.Get<ElementwiseKernel>().unary(op, n, x, y, alpha, beta);
}

void Binary(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
            const float* b, size_t b_row, size_t b_column, float* y) {
  elementwise_family.Get<ElementwiseKernel>().binary(op, rows, columns, a, a_row, a_column, b,
                                                     b_row, b_column, y);
}

}  // namespace quantab::kernels
