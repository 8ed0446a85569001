#include <cmath>

#include "core/kernels/reduce/reduce.h"

namespace quantab::kernels {
namespace {

float Start(ReduceOp op) {
  return op == ReduceOp::kMax ? -INFINITY : op == ReduceOp::kMin ? INFINITY : 0.0F;
}

float Combine(ReduceOp op, float sum, float x) {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:
      return sum + x;
    case ReduceOp::kMax:
      return std::isnan(sum) || sum >= x ? sum : x;
    case ReduceOp::kMin:
      return std::isnan(sum) || sum <= x ? sum : x;
    case ReduceOp::kSumSquare:
      return sum + x * x;
    case ReduceOp::kL1:
      return sum + std::fabs(x);
  }
  return sum;
}

void Reduce(ReduceOp op, size_t results, size_t result_step, size_t n, size_t step, const float* x,
            float* y) {
  for (size_t r = 0; r < results; ++r) {
    float sum = Start(op);
    for (size_t i = 0; i < n; ++i) sum = Combine(op, sum, x[r * result_step + i * step]);
    y[r] = op == ReduceOp::kMean ? sum / static_cast<float>(n) : sum;
  }
}

void Rows(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  Reduce(op, rows, columns, columns, 1, x, y);
}

void Columns(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  Reduce(op, columns, 1, rows, columns, x, y);
}

}  // namespace

const ReduceKernel reduce_reference = {Rows, Columns};

}  // namespace quantab::kernels
