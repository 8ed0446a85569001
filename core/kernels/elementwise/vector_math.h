// exp, log, tanh, logistic and error function of four floats, for the families that need them.
//
// Each reduces its argument to a small interval, or clamps it to the one where the result changes,
// and evaluates a polynomial or a quotient of two there. The coefficients are least-maximum-error
// fits made for this library (iteratively reweighted least squares on Chebyshev nodes), rounded to
// float; the fit's error is below 2^-25 of the result, so rounding dominates. M is one of
// multiply_add.h.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_

#include <limits>

#include "core/base/simd.h"
#include "core/kernels/multiply_add.h"

namespace quantab::kernels {

inline v128_t Splat(float value) { return wasm_f32x4_splat(value); }
inline v128_t Add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
inline v128_t Sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }
inline v128_t Mul(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }

// mask ? a : b, lane by lane.
inline v128_t Select(v128_t mask, v128_t a, v128_t b) { return wasm_v128_bitselect(a, b, mask); }

// The same constants, through an address the compiler cannot see through. A vector constant takes
// V8 three instructions each time it is used, one read from memory takes one.
template <typename Constants>
inline const Constants& Hidden(const Constants& constants) {
  const Constants* address = &constants;
  __asm__("" : "+r"(address));
  return *address;
}

// ((c_n * x + c_n-1) * x + ...) * x + c_0, coefficients from the highest down.
template <typename M, size_t kCount>
inline v128_t Polynomial(v128_t x, const float (&coefficients)[kCount]) {
  v128_t value = Splat(coefficients[0]);
  QUANTAB_UNROLL
  for (size_t i = 1; i < kCount; ++i) value = M::MultiplyAdd(value, x, Splat(coefficients[i]));
  return value;
}

struct ExpConstants {
  float log2_e = 0x1.715476p+0F;
  // Floats of this size are whole numbers: adding it rounds n, and leaves n + 127 in the last bits.
  float round = 0x1.8p+23F + 127;
  // -ln 2 in two parts; the first has 9 significant bits, so that n times it is exact.
  float ln2_high = -0x1.63p-1F;
  float ln2_low = 0x1.bd0106p-13F;
  // exp(r) for |r| <= ln(2) / 2.
  float exp[7] = {0x1.6db4e8p-10F, 0x1.123bdep-7F, 0x1.55545ep-5F, 0x1.55548ep-3F,
                  0x1p-1F,         0x1p+0F,        0x1p+0F};
  // Where every finite result lies, and where every normal one does.
  float least = -105, most = 90;
  float least_normal = -87, most_normal = 88;
  float one = 1;
};
inline constexpr ExpConstants kExpConstants;

// exp(x) = value * 2^n with a value near 1; the last bits of `bits` hold n + 127.
struct ExpParts {
  v128_t value;
  v128_t bits;
};

template <typename M>
inline ExpParts SplitExp(v128_t x, const ExpConstants& c) {
  const v128_t bits = M::MultiplyAdd(x, Splat(c.log2_e), Splat(c.round));
  const v128_t n = Sub(bits, Splat(c.round));
  v128_t r = M::MultiplyAdd(n, Splat(c.ln2_high), x);
  r = M::MultiplyAdd(n, Splat(c.ln2_low), r);
  return {Polynomial<M>(r, c.exp), bits};
}

// Infinity above 88.72, 0 below -103.98; subnormal results are right.
template <typename M>
inline v128_t Exp(v128_t x) {
  const ExpConstants& c = Hidden(kExpConstants);
  // pmax(x, .) and pmin(x, .) keep a NaN x.
  const auto [value, bits] =
      SplitExp<M>(wasm_f32x4_pmin(wasm_f32x4_pmax(x, Splat(c.least)), Splat(c.most)), c);
  // 2^n as two factors, as n may lie outside the exponents of normal floats.
  const v128_t biased = wasm_i32x4_sub(bits, Splat(0x1.8p+23F));  // n + 127, as a whole number
  const v128_t half = wasm_i32x4_shr(biased, 1);
  const v128_t first = wasm_i32x4_shl(wasm_i32x4_add(half, wasm_i32x4_splat(64)), 23);
  const v128_t second =
      wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_sub(biased, half), wasm_i32x4_splat(63)), 23);
  return Mul(Mul(value, first), second);
}

// exp(x) where that is a normal float; elsewhere exp(-87) or exp(88). NaN stays NaN.
template <typename M>
inline v128_t ExpNormal(v128_t x, const ExpConstants& c = Hidden(kExpConstants)) {
  const auto [value, bits] = SplitExp<M>(
      wasm_f32x4_pmin(wasm_f32x4_pmax(x, Splat(c.least_normal)), Splat(c.most_normal)), c);
  return Mul(value, wasm_i32x4_shl(bits, 23));
}

// -infinity at 0, NaN below.
template <typename M>
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
  v128_t tail = Mul(Mul(square, f), Polynomial<M>(f, kTail));
  tail = M::MultiplyAdd(e, Splat(kLn2Low), tail);
  tail = M::MultiplyAdd(square, Splat(-0.5F), tail);
  v128_t value = M::MultiplyAdd(e, Splat(kLn2High), Add(f, tail));
  value = Select(wasm_f32x4_eq(x, Splat(kInfinity)), x, value);
  value = Select(wasm_f32x4_eq(x, Splat(0)), Splat(-kInfinity), value);
  // NaN, and everything below 0.
  const v128_t valid = wasm_f32x4_ge(x, Splat(0));
  return Select(valid, value, Splat(std::numeric_limits<float>::quiet_NaN()));
}

// exp(x) for x <= 88, with 0 below the normal floats: making subnormal results takes x86 some
// hundred cycles each.
template <typename M>
inline v128_t ExpOrZero(v128_t x) {
  const ExpConstants& c = Hidden(kExpConstants);
  return wasm_v128_andnot(ExpNormal<M>(x, c), wasm_f32x4_lt(x, Splat(c.least_normal)));
}

// 1 / (1 + exp(-x)), with 0 below the normal floats.
template <typename M>
inline v128_t Sigmoid(v128_t x) {
  const ExpConstants& c = Hidden(kExpConstants);
  const v128_t one = Splat(c.one);
  const v128_t value = wasm_f32x4_div(one, Add(ExpNormal<M>(Sub(Splat(0), x), c), one));
  return wasm_v128_andnot(value, wasm_f32x4_lt(x, Splat(c.least_normal)));
}

// An odd function that is x * top(x^2) / bottom(x^2) up to `end`, and from there 1.
template <size_t kTop, size_t kBottom>
struct OddQuotient {
  float end;
  float top[kTop];
  float bottom[kBottom];
  float one = 1;
};

template <typename M, size_t kTop, size_t kBottom>
inline v128_t Evaluate(const OddQuotient<kTop, kBottom>& f, v128_t x) {
  const v128_t end = Splat(f.end), one = Splat(f.one);
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, Sub(Splat(0), end)), end);
  const v128_t square = Mul(x, x);
  const v128_t value =
      wasm_f32x4_div(Mul(x, Polynomial<M>(square, f.top)), Polynomial<M>(square, f.bottom));
  return wasm_f32x4_pmin(wasm_f32x4_pmax(value, Sub(Splat(0), one)), one);
}

template <typename M>
inline v128_t Tanh(v128_t x) {
  static constexpr OddQuotient<5, 5> kTanh = {
      9,
      {0x1.cadc6ap-27F, 0x1.59c32cp-16F, 0x1.ca2c64p-9F, 0x1.120b1ap-3F, 0x1p+0F},
      {0x1.a17feap-21F, 0x1.5885fcp-12F, 0x1.a7f7e4p-6F, 0x1.de5ad6p-2F, 0x1p+0F}};
  return Evaluate<M>(Hidden(kTanh), x);
}

template <typename M>
inline v128_t Erf(v128_t x) {
  static constexpr OddQuotient<6, 6> kErf = {
      3.9F,
      {0x1.155b5ap-19F, 0x1.2ae914p-12F, 0x1.e9ff5p-9F, 0x1.af7536p-5F, 0x1.84707ap-3F,
       0x1.20dd74p+0F},
      {0x1.410846p-15F, 0x1.2f66d4p-10F, 0x1.e8b6a4p-7F, 0x1.d2343p-4F, 0x1.00ba4ep-1F, 0x1p+0F}};
  return Evaluate<M>(Hidden(kErf), x);
}

// log(1 + exp(x)).
template <typename M>
inline v128_t Softplus(v128_t x) {
  const v128_t small = ExpNormal<M>(wasm_f32x4_neg(wasm_f32x4_abs(x)));
  return Add(wasm_f32x4_pmax(x, Splat(0)), Log<M>(Add(Splat(1), small)));
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_VECTOR_MATH_H_
