// The functions of one tensor that are approximated, over the multiply-add they are built from
// (multiply_add.h): shared by simd128.cc and relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_APPROXIMATE_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_APPROXIMATE_H_

#include "core/kernels/elementwise/exact.h"
#include "core/kernels/elementwise/map.h"
#include "core/kernels/elementwise/vector_math.h"

namespace quantab::kernels::elementwise_approximate {

template <typename M>
inline v128_t Gelu(v128_t x) {
  static constexpr float kFactors[] = {0.5F, 0.70710678F};
  const auto& c = Hidden(kFactors);
  const v128_t half = Mul(x, Splat(c[0]));
  return M::MultiplyAdd(half, Erf<M>(Mul(x, Splat(c[1]))), half);
}

template <typename M>
inline v128_t GeluTanh(v128_t x) {
  static constexpr float kFactors[] = {0.5F, 0.79788456F, 0.79788456F * 0.044715F};
  const auto& c = Hidden(kFactors);
  const v128_t half = Mul(x, Splat(c[0]));
  const v128_t slope = M::MultiplyAdd(Mul(x, x), Splat(c[2]), Splat(c[1]));
  return M::MultiplyAdd(half, Tanh<M>(Mul(x, slope)), half);
}

// tanh(log(1 + w)) = (w^2 + 2w) / (w^2 + 2w + 2) with w = exp(x); above 20 it is 1.
template <typename M>
inline v128_t Mish(v128_t x) {
  const v128_t w = ExpOrZero<M>(wasm_f32x4_pmin(x, Splat(20)));
  const v128_t top = Mul(w, Add(w, Splat(2)));
  return Mul(x, wasm_f32x4_div(top, Add(top, Splat(2))));
}

// ElementwiseKernel::unary. What activations of models are made of runs four vectors at once; the
// rest is not worth the code.
template <typename M>
void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
  const v128_t a = Splat(alpha);
  switch (op) {
    case UnaryOp::kElu:
      return Map(n, x, y, [=](v128_t v) {
        return Select(wasm_f32x4_lt(v, Splat(0)), Mul(a, Sub(ExpNormal<M>(v), Splat(1))), v);
      });
    case UnaryOp::kErf:
      return Map<4>(n, x, y, [](v128_t v) { return Erf<M>(v); });
    case UnaryOp::kExp:
      return Map(n, x, y, [](v128_t v) { return Exp<M>(v); });
    case UnaryOp::kGelu:
      return Map<4>(n, x, y, [](v128_t v) { return Gelu<M>(v); });
    case UnaryOp::kGeluTanh:
      return Map<4>(n, x, y, [](v128_t v) { return GeluTanh<M>(v); });
    case UnaryOp::kLog:
      return Map(n, x, y, [](v128_t v) { return Log<M>(v); });
    case UnaryOp::kMish:
      return Map(n, x, y, [](v128_t v) { return Mish<M>(v); });
    case UnaryOp::kSigmoid:
      return Map<4>(n, x, y, [](v128_t v) { return Sigmoid<M>(v); });
    case UnaryOp::kSilu:
      return Map<4>(n, x, y, [=](v128_t v) { return Mul(v, Sigmoid<M>(Mul(a, v))); });
    case UnaryOp::kSoftplus:
      return Map(n, x, y, [](v128_t v) { return Softplus<M>(v); });
    case UnaryOp::kTanh:
      return Map<4>(n, x, y, [](v128_t v) { return Tanh<M>(v); });
    default:
      return elementwise_exact::Unary(op, n, x, y, alpha, beta);
  }
}

}  // namespace quantab::kernels::elementwise_approximate

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_APPROXIMATE_H_
