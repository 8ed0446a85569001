// SwiGLU (ai.onnx, since 28): y = a * sigmoid(alpha * a) * b.
#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const float* a = FloatInput(c, 0);
  const float* b = FloatInput(c, 1);
  const Shape shape = c.Input(0).shape();
  if (c.Input(1).shape() != shape) {
    c.Invalid("inputs have shapes " + ToString(shape) + " and " + ToString(c.Input(1).shape()) +
              ", expected equal ones.");
  }
  Tensor& output = c.Output(0, DType::kFloat, shape);
  float* y = output.mutable_data<float>();
  const size_t n = Size(output.count());
  kernels::Unary(kernels::UnaryOp::kSilu, n, a, y, c.attributes().Float("alpha", 1));
  kernels::Binary(kernels::BinaryOp::kMul, 1, n, y, n, 1, b, n, 1, y);
}

}  // namespace

QUANTAB_REGISTER(ops, swiglu) {
  r.Add({.name = "SwiGLU", .since = 28, .compute = InFloat<Compute>});
}

}  // namespace quantab
