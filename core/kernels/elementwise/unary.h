// Functions of one tensor, over the multiply-add they are built from (multiply_add.h): shared by
// simd128.cc and relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_UNARY_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_UNARY_H_

#include <algorithm>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/elementwise/vector_math.h"

namespace quantab::kernels::elementwise_unary {

// Applies f to four floats at a time; the last ones through a buffer.
template <typename F>
inline void Map(size_t n, const float* x, float* y, F f) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t first = f(wasm_v128_load(x + i));
    const v128_t second = f(wasm_v128_load(x + i + 4));
    wasm_v128_store(y + i, first);
    wasm_v128_store(y + i + 4, second);
  }
  for (; i + 4 <= n; i += 4) wasm_v128_store(y + i, f(wasm_v128_load(x + i)));
  if (i == n) return;
  float last[4] = {};
  std::copy_n(x + i, n - i, last);
  wasm_v128_store(last, f(wasm_v128_load(last)));
  std::copy_n(last, n - i, y + i);
}

// max(0, min(1, x)); NaN stays NaN.
inline v128_t ClampToOne(v128_t x) {
  return wasm_f32x4_pmin(wasm_f32x4_pmax(x, Splat(0)), Splat(1));
}

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

inline v128_t Sign(v128_t x) {
  const v128_t one = wasm_v128_or(Splat(1), wasm_v128_and(x, Splat(-0.0F)));
  const v128_t nonzero = wasm_v128_or(wasm_f32x4_lt(x, Splat(0)), wasm_f32x4_gt(x, Splat(0)));
  return Select(nonzero, one, x);
}

template <typename M>
inline void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
  const v128_t a = Splat(alpha);
  const v128_t b = Splat(beta);
  const v128_t zero = Splat(0);
  switch (op) {
    case UnaryOp::kAbs:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_abs(v); });
    case UnaryOp::kCeil:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_ceil(v); });
    case UnaryOp::kClip:
      return Map(n, x, y, [=](v128_t v) { return wasm_f32x4_pmin(wasm_f32x4_pmax(v, a), b); });
    case UnaryOp::kElu:
      return Map(n, x, y, [=](v128_t v) {
        return Select(wasm_f32x4_lt(v, zero), Mul(a, Sub(ExpNormal<M>(v), Splat(1))), v);
      });
    case UnaryOp::kErf:
      return Map(n, x, y, [](v128_t v) { return Erf<M>(v); });
    case UnaryOp::kExp:
      return Map(n, x, y, [](v128_t v) { return Exp<M>(v); });
    case UnaryOp::kFloor:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_floor(v); });
    case UnaryOp::kGelu:
      return Map(n, x, y, [](v128_t v) { return Gelu<M>(v); });
    case UnaryOp::kGeluTanh:
      return Map(n, x, y, [](v128_t v) { return GeluTanh<M>(v); });
    case UnaryOp::kHardSigmoid:
      return Map(n, x, y, [=](v128_t v) { return ClampToOne(Add(Mul(a, v), b)); });
    case UnaryOp::kHardSwish:
      return Map(n, x, y, [](v128_t v) {
        return Mul(v, ClampToOne(Add(Mul(v, Splat(1.0F / 6)), Splat(0.5F))));
      });
    case UnaryOp::kLeakyRelu:
      return Map(n, x, y, [=](v128_t v) { return Select(wasm_f32x4_lt(v, zero), Mul(a, v), v); });
    case UnaryOp::kLog:
      return Map(n, x, y, [](v128_t v) { return Log<M>(v); });
    case UnaryOp::kMish:
      return Map(n, x, y, [](v128_t v) { return Mish<M>(v); });
    case UnaryOp::kNeg:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_neg(v); });
    case UnaryOp::kReciprocal:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_div(Splat(1), v); });
    case UnaryOp::kRelu:
      return Map(n, x, y, [=](v128_t v) { return wasm_f32x4_pmax(v, zero); });
    case UnaryOp::kRound:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_nearest(v); });
    case UnaryOp::kSigmoid:
      return Map(n, x, y, [](v128_t v) { return Sigmoid<M>(v); });
    case UnaryOp::kSign:
      return Map(n, x, y, [](v128_t v) { return Sign(v); });
    case UnaryOp::kSilu:
      return Map(n, x, y, [=](v128_t v) { return Mul(v, Sigmoid<M>(Mul(a, v))); });
    case UnaryOp::kSoftplus:
      return Map(n, x, y, [](v128_t v) { return Softplus<M>(v); });
    case UnaryOp::kSqrt:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_sqrt(v); });
    case UnaryOp::kTanh:
      return Map(n, x, y, [](v128_t v) { return Tanh<M>(v); });
  }
}

}  // namespace quantab::kernels::elementwise_unary

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_UNARY_H_
