// exp, log, tanh, logistic and error function of four floats, for the families that need them.
//
// Each reduces its argument to a small interval and evaluates a polynomial there. The coefficients
// are least-maximum-error fits made for this library (iteratively reweighted least squares on 2000
// Chebyshev nodes), rounded to float; the fit's error is below 2^-26 of the result, so rounding
// dominates.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_

#include <limits>

#include "core/base/simd.h"

namespace quantab::kernels {

inline v128_t Splat(float value) { return wasm_f32x4_splat(value); }
inline v128_t Add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
inline v128_t Sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }
inline v128_t Mul(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }

// mask ? a : b, lane by lane.
inline v128_t Select(v128_t mask, v128_t a, v128_t b) { return wasm_v128_bitselect(a, b, mask); }

// ((c_n * x + c_n-1) * x + ...) * x + c_0, coefficients from the highest down.
template <size_t kCount>
inline v128_t Polynomial(v128_t x, const float (&coefficients)[kCount]) {
  v128_t value = Splat(coefficients[0]);
  QUANTAB_UNROLL
  for (size_t i = 1; i < kCount; ++i) value = Add(Mul(value, x), Splat(coefficients[i]));
  return value;
}

// Infinity above 88.72, 0 below -103.98; subnormal results are right.
inline v128_t Exp(v128_t x) {
  constexpr float kLog2E = 0x1.715476p+0F;
  // ln 2 in two parts; the first has 9 significant bits, so that n * kLn2High is exact.
  constexpr float kLn2High = 0x1.63p-1F;
  constexpr float kLn2Low = -0x1.bd0106p-13F;
  // (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2.
  constexpr float kTail[] = {0x1.6db4e8p-10F, 0x1.123bdep-7F, 0x1.55545ep-5F, 0x1.55548ep-3F,
                             0x1p-1F};
  // Wide enough for every finite result; pmax(x, .) and pmin(x, .) keep a NaN x.
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, Splat(-105)), Splat(90));
  const v128_t n = wasm_f32x4_nearest(Mul(x, Splat(kLog2E)));
  const v128_t r = Sub(Sub(x, Mul(n, Splat(kLn2High))), Mul(n, Splat(kLn2Low)));
  const v128_t value = Add(Splat(1), Add(r, Mul(Mul(r, r), Polynomial(r, kTail))));
  // 2^n as two factors, as n may lie outside the exponents of normal floats.
  const v128_t whole = wasm_i32x4_trunc_sat_f32x4(n);
  const v128_t half = wasm_i32x4_shr(whole, 1);
  const v128_t bias = wasm_i32x4_splat(127);
  const v128_t first = wasm_i32x4_shl(wasm_i32x4_add(half, bias), 23);
  const v128_t second = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_sub(whole, half), bias), 23);
  return Mul(Mul(value, first), second);
}

// -infinity at 0, NaN below.
inline v128_t Log(v128_t x) {
  constexpr float kLn2High = 0x1.63p-1F;
  constexpr float kLn2Low = -0x1.bd0106p-13F;
  // (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2).
  constexpr float kTail[] = {0x1.145732p-4F,  -0x1.de660ap-4F, 0x1.e70716p-4F,
                             -0x1.fc1d46p-4F, 0x1.2335bp-3F,   -0x1.555c5cp-3F,
                             0x1.99a4cap-3F,  -0x1.000006p-2F, 0x1.555548p-2F};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const v128_t subnormal = wasm_f32x4_lt(x, Splat(0x1p-126F));
  const v128_t normal = Select(subnormal, Mul(x, Splat(0x1p23F)), x);
  // Adding the distance from sqrt(1/2) to 1, as bits, makes the exponent round at sqrt(2).
  const v128_t shifted = wasm_i32x4_add(normal, wasm_i32x4_splat(0x3f800000 - 0x3f3504f3));
  const v128_t exponent = wasm_i32x4_sub(wasm_u32x4_shr(shifted, 23), wasm_i32x4_splat(127));
  const v128_t mantissa = wasm_i32x4_add(wasm_v128_and(shifted, wasm_i32x4_splat(0x007fffff)),
                                         wasm_i32x4_splat(0x3f3504f3));
  const v128_t e = Sub(wasm_f32x4_convert_i32x4(exponent), wasm_v128_and(subnormal, Splat(23)));
  const v128_t f = Sub(mantissa, Splat(1));
  const v128_t square = Mul(f, f);
  v128_t tail = Mul(Mul(square, f), Polynomial(f, kTail));
  tail = Add(tail, Mul(e, Splat(kLn2Low)));
  tail = Sub(tail, Mul(square, Splat(0.5F)));
  v128_t value = Add(Mul(e, Splat(kLn2High)), Add(f, tail));
  value = Select(wasm_f32x4_eq(x, Splat(kInfinity)), x, value);
  value = Select(wasm_f32x4_eq(x, Splat(0)), Splat(-kInfinity), value);
  // NaN, and everything below 0.
  const v128_t valid = wasm_f32x4_ge(x, Splat(0));
  return Select(valid, value, Splat(std::numeric_limits<float>::quiet_NaN()));
}

// 1 / (1 + exp(-x)), from the exponential of the negative side only, so that small results keep
// their relative accuracy.
inline v128_t Sigmoid(v128_t x) {
  const v128_t small = Exp(wasm_f32x4_neg(wasm_f32x4_abs(x)));
  const v128_t top = Select(wasm_f32x4_lt(x, Splat(0)), small, Splat(1));
  return wasm_f32x4_div(top, Add(small, Splat(1)));
}

inline v128_t Tanh(v128_t x) {
  // (tanh(x) / x - 1) / x^2 for |x| <= 0.625, in x^2.
  constexpr float kTail[] = {-0x1.752162p-8F, 0x1.520236p-6F, -0x1.b837f2p-5F, 0x1.11071p-3F,
                             -0x1.555532p-2F};
  const v128_t magnitude = wasm_f32x4_abs(x);
  const v128_t square = Mul(x, x);
  const v128_t near = Add(x, Mul(Mul(x, square), Polynomial(square, kTail)));
  const v128_t power = Exp(Add(magnitude, magnitude));
  const v128_t far = Sub(Splat(1), wasm_f32x4_div(Splat(2), Add(power, Splat(1))));
  const v128_t sign = wasm_v128_and(x, Splat(-0.0F));
  return Select(wasm_f32x4_gt(magnitude, Splat(0.625F)), wasm_v128_or(far, sign), near);
}

inline v128_t Erf(v128_t x) {
  // erf(x) / x - 1 for |x| <= 1, in x^2.
  constexpr float kNear[] = {0x1.498642p-14F, -0x1.a40d1ep-11F, 0x1.540a7cp-8F, -0x1.b7f9e6p-6F,
                             0x1.ce2d08p-4F,  -0x1.81273ep-2F,  0x1.06eba8p-3F};
  // -log(1 - erf(x)) for 1 <= x <= 4; beyond, erf rounds to 1.
  constexpr float kFar[] = {-0x1.87b306p-13F, 0x1.82e87cp-9F, -0x1.6617fcp-6F, 0x1.a67e78p-4F,
                            0x1.46b434p-1F,   0x1.208b1ap+0F, 0x1.5cda56p-12F};
  const v128_t magnitude = wasm_f32x4_abs(x);
  const v128_t square = Mul(x, x);
  const v128_t near = Add(x, Mul(x, Polynomial(square, kNear)));
  const v128_t clamped = wasm_f32x4_pmin(magnitude, Splat(4));
  const v128_t far = Sub(Splat(1), Exp(wasm_f32x4_neg(Polynomial(clamped, kFar))));
  const v128_t sign = wasm_v128_and(x, Splat(-0.0F));
  return Select(wasm_f32x4_gt(magnitude, Splat(1)), wasm_v128_or(far, sign), near);
}

// log(1 + exp(x)).
inline v128_t Softplus(v128_t x) {
  const v128_t small = Exp(wasm_f32x4_neg(wasm_f32x4_abs(x)));
  return Add(wasm_f32x4_pmax(x, Splat(0)), Log(Add(Splat(1), small)));
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_
