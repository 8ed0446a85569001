#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/elementwise/elementwise.h"

namespace quantab::kernels {
namespace {

// log(1 + exp(x)) without overflow.
double Softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

float Apply(UnaryOp op, float x, float alpha, float beta) {
  const double wide = x;
  switch (op) {
    case UnaryOp::kAbs:
      return std::fabs(x);
    case UnaryOp::kCeil:
      return std::ceil(x);
    case UnaryOp::kClip: {
      const float raised = x < alpha ? alpha : x;
      return raised > beta ? beta : raised;
    }
    case UnaryOp::kElu:
      return x < 0 ? static_cast<float>(alpha * std::expm1(wide)) : x;
    case UnaryOp::kErf:
      return static_cast<float>(std::erf(wide));
    case UnaryOp::kExp:
      return static_cast<float>(std::exp(wide));
    case UnaryOp::kFloor:
      return std::floor(x);
    case UnaryOp::kGelu:
      return static_cast<float>(0.5 * wide * (1 + std::erf(wide * 0.70710678118654752440)));
    case UnaryOp::kGeluTanh:
      return static_cast<float>(
          0.5 * wide *
          (1 + std::tanh(0.79788456080286535588 * (wide + 0.044715 * wide * wide * wide))));
    case UnaryOp::kHardSigmoid: {
      const float line = alpha * x + beta;
      const float raised = line < 0 ? 0.0F : line;
      return raised > 1 ? 1.0F : raised;
    }
    case UnaryOp::kHardSwish: {
      const float line = x * (1.0F / 6) + 0.5F;
      const float raised = line < 0 ? 0.0F : line;
      return x * (raised > 1 ? 1.0F : raised);
    }
    case UnaryOp::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case UnaryOp::kLog:
      return static_cast<float>(std::log(wide));
    case UnaryOp::kMish:
      return static_cast<float>(wide * std::tanh(Softplus(wide)));
    case UnaryOp::kNeg:
      return -x;
    case UnaryOp::kReciprocal:
      return 1 / x;
    case UnaryOp::kRelu:
      return x < 0 ? 0.0F : x;
    case UnaryOp::kRound:
      return std::nearbyint(x);
    case UnaryOp::kSigmoid:
      return static_cast<float>(1 / (1 + std::exp(-wide)));
    case UnaryOp::kSign:
      return x > 0 ? 1.0F : x < 0 ? -1.0F : x;
    case UnaryOp::kSilu:
      return static_cast<float>(wide / (1 + std::exp(-static_cast<double>(alpha) * wide)));
    case UnaryOp::kSoftplus:
      return static_cast<float>(Softplus(wide));
    case UnaryOp::kSqrt:
      return std::sqrt(x);
    case UnaryOp::kTanh:
      return static_cast<float>(std::tanh(wide));
  }
  return x;
}

float Apply(BinaryOp op, float a, float b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      return a * b;
    case BinaryOp::kDiv:
      return a / b;
    case BinaryOp::kMax:
      return std::isnan(a) || std::isnan(b) ? a + b : std::max(a, b);
    case BinaryOp::kMin:
      return std::isnan(a) || std::isnan(b) ? a + b : std::min(a, b);
    case BinaryOp::kPrelu:
      return a < 0 ? a * b : a;
  }
  return a;
}

void UnaryAll(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
  for (size_t i = 0; i < n; ++i) y[i] = Apply(op, x[i], alpha, beta);
}

void BinaryAll(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row,
               size_t a_column, const float* b, size_t b_row, size_t b_column, float* y) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      *y++ = Apply(op, a[r * a_row + c * a_column], b[r * b_row + c * b_column]);
    }
  }
}

}  // namespace

const ElementwiseKernel elementwise_reference = {UnaryAll, BinaryAll};

}  // namespace quantab::kernels
