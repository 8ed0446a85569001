// Kernel family `elementwise`: float functions of one and of two tensors.
//
// Tile: 4 floats. Exact operations (everything but the ones named next) give the same bits in every
// kernel. Accuracy of the others against the real function, in units in the last place: exp, tanh,
// sigmoid, erf, log <= 4 (a sigmoid below the normal floats may come out as 0);
// gelu, gelu_tanh, silu, softplus, elu, mish: 1e-6 * |result| + 1e-6.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// y = f(x), with alpha and beta where named.
enum class UnaryOp : uint8_t {
  kAbs,
  kCeil,
  kClip,  // min(max(x, alpha), beta); NaN stays NaN
  kElu,   // x < 0 ? alpha * (exp(x) - 1) : x
  kErf,
  kExp,
  kFloor,
  kGelu,         // x / 2 * (1 + erf(x / sqrt(2)))
  kGeluTanh,     // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  kHardSigmoid,  // max(0, min(1, alpha * x + beta))
  kHardSwish,    // x * max(0, min(1, x / 6 + 0.5))
  kLeakyRelu,    // x < 0 ? alpha * x : x
  kLog,
  kMish,  // x * tanh(log(1 + exp(x)))
  kNeg,
  kReciprocal,
  kRelu,      // x < 0 ? 0 : x; NaN stays NaN
  kRound,     // half to even
  kSigmoid,   // 1 / (1 + exp(-x))
  kSign,      // -1, 0 or 1; NaN stays NaN
  kSilu,      // x * sigmoid(alpha * x)
  kSoftplus,  // log(1 + exp(x))
  kSqrt,
  kTanh,
};
inline constexpr int kUnaryOps = static_cast<int>(UnaryOp::kTanh) + 1;

// The caller: n floats each, any alignment; y is x, or they do not overlap.
void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha = 0, float beta = 0);

enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMax,    // NaN if either is NaN
  kMin,    // likewise
  kPrelu,  // a < 0 ? a * b : a
};
inline constexpr int kBinaryOps = static_cast<int>(BinaryOp::kPrelu) + 1;

// y[r * columns + c] = op(a[r * a_row + c * a_column], b[r * b_row + c * b_column]).
// The steps express every broadcast of two collapsed dimensions: *_column is 0 (one value for the
// row) or 1; *_row is any step (0 repeats the row). A plain element-wise call is rows = 1 with both
// columns 1; a scalar has column 0. The caller: y is contiguous; y is a or b where those are
// contiguous too (row step = columns, column step 1), or it overlaps neither.
void Binary(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
            const float* b, size_t b_row, size_t b_column, float* y);

// One kernel of the family.
struct ElementwiseKernel {
  void (*unary)(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta);
  void (*binary)(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row,
                 size_t a_column, const float* b, size_t b_row, size_t b_column, float* y);
};

extern KernelFamily elementwise_family;
#define QUANTAB_KERNEL(name, needs) extern const ElementwiseKernel name;
#include "core/kernels/elementwise/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
