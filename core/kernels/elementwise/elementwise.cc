#include "core/kernels/elementwise/elementwise.h"

#include "core/base/parallel.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/elementwise/kernels.inc"
#undef QUANTAB_KERNEL
};

// As for GrainFor: in the middle of what the operations take.
constexpr size_t kStepsOfAnElement = 2;

}  // namespace

constinit KernelFamily elementwise_family("elementwise", kEntries);

void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
  const ElementwiseKernel& kernel = elementwise_family.Get<ElementwiseKernel>();
  ParallelFor(n, GrainFor(kStepsOfAnElement), [&](size_t begin, size_t end) {
    kernel.unary(op, end - begin, x + begin, y + begin, alpha, beta);
  });
}

void Binary(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
            const float* b, size_t b_row, size_t b_column, float* y) {
  const ElementwiseKernel& kernel = elementwise_family.Get<ElementwiseKernel>();
  if (rows == 1) {
    ParallelFor(columns, GrainFor(kStepsOfAnElement), [&](size_t begin, size_t end) {
      kernel.binary(op, 1, end - begin, a + begin * a_column, 0, a_column, b + begin * b_column, 0,
                    b_column, y + begin);
    });
  } else {
    ParallelFor(rows, GrainFor(columns * kStepsOfAnElement), [&](size_t begin, size_t end) {
      kernel.binary(op, end - begin, columns, a + begin * a_row, a_row, a_column, b + begin * b_row,
                    b_row, b_column, y + begin * columns);
    });
  }
}

}  // namespace quantab::kernels
