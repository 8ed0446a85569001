// Sixteen elements at a time through four vectors of floats, rounded by adding round_magic.
#include "core/base/simd.h"
#include "core/kernels/qlinear/scalar.h"
#include "core/kernels/round_magic.h"

namespace quantab::kernels {
namespace {

constexpr size_t kLanes = 16;

struct Floats {
  v128_t v[4];
};

Floats Widened(v128_t bytes, bool is_signed) {
  const v128_t low =
      is_signed ? wasm_i16x8_extend_low_i8x16(bytes) : wasm_u16x8_extend_low_u8x16(bytes);
  const v128_t high =
      is_signed ? wasm_i16x8_extend_high_i8x16(bytes) : wasm_u16x8_extend_high_u8x16(bytes);
  return {{wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(low)),
           wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(low)),
           wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(high)),
           wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(high))}};
}

// An operand's elements: loaded, or all the same.
class Elements {
 public:
  explicit Elements(const QLinearSide& side) : side_(side) {
    if (side.step == 0)
      same_ = Widened(wasm_i8x16_splat(static_cast<int8_t>(*side.data)), side.is_signed);
  }
  Floats At(size_t i) const {
    if (side_.step == 0) return same_;
    return Widened(wasm_v128_load(side_.data + i), side_.is_signed);
  }

 private:
  const QLinearSide& side_;
  Floats same_ = {};
};

struct Sum {
  v128_t a_factor, b_factor, rest;

  explicit Sum(const QLinearSum& sum)
      : a_factor(wasm_f32x4_splat(sum.a_factor)),
        b_factor(wasm_f32x4_splat(sum.b_factor)),
        rest(wasm_f32x4_splat(sum.rest)) {}

  v128_t operator()(v128_t a, v128_t b) const {
    return wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_mul(a, a_factor), wasm_f32x4_mul(b, b_factor)),
                          rest);
  }
};

struct Product {
  v128_t a_zero, b_zero, factor, rest;

  explicit Product(const QLinearProduct& product)
      : a_zero(wasm_f32x4_splat(product.a_zero)),
        b_zero(wasm_f32x4_splat(product.b_zero)),
        factor(wasm_f32x4_splat(product.factor)),
        rest(wasm_f32x4_splat(product.rest)) {}

  v128_t operator()(v128_t a, v128_t b) const {
    const v128_t product = wasm_f32x4_mul(wasm_f32x4_sub(a, a_zero), wasm_f32x4_sub(b, b_zero));
    return wasm_f32x4_add(wasm_f32x4_mul(product, factor), rest);
  }
};

// Rounds sixteen values and limits them to the bytes of a type. What is too large stays so as an
// integer, which narrowing limits.
class Rounder {
 public:
  explicit Rounder(bool is_signed)
      : is_signed_(is_signed),
        lowest_(wasm_f32x4_splat(is_signed ? -128.0F : 0.0F)),
        magic_(wasm_f32x4_splat(round_magic)) {}

  v128_t operator()(const Floats& values) const {
    v128_t whole[4];
    QUANTAB_UNROLL
    for (int v = 0; v < 4; ++v) {
      // pmax takes its first argument where the other is not larger: NaN becomes the lowest.
      const v128_t limited = wasm_f32x4_pmax(lowest_, values.v[v]);
      whole[v] = wasm_i32x4_sub(wasm_f32x4_add(limited, magic_), magic_);
    }
    const v128_t low = wasm_i16x8_narrow_i32x4(whole[0], whole[1]);
    const v128_t high = wasm_i16x8_narrow_i32x4(whole[2], whole[3]);
    return is_signed_ ? wasm_i8x16_narrow_i16x8(low, high) : wasm_u8x16_narrow_i16x8(low, high);
  }

 private:
  bool is_signed_;
  v128_t lowest_, magic_;
};

template <typename Operation, typename Numbers>
void Run(size_t n, const QLinearSide& a, const QLinearSide& b, const Numbers& numbers,
         const QLinearResult& y) {
  if (n < kLanes) return qlinear_scalar::Run(0, n, a, b, numbers, y);
  const Operation operation(numbers);
  const Elements left(a), right(b);
  const Rounder rounded(y.is_signed);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Floats fa = left.At(i), fb = right.At(i);
    Floats values;
    QUANTAB_UNROLL
    for (int v = 0; v < 4; ++v) values.v[v] = operation(fa.v[v], fb.v[v]);
    wasm_v128_store(y.data + i, rounded(values));
  }
  qlinear_scalar::Run(i, n, a, b, numbers, y);
}

// Columns outside, so that their numbers are loaded once for a block of rows.
template <bool kOne>
void Columns(const QLinearColumns& c) {
  const Rounder rounded(c.y_signed);
  const size_t rows = c.rows, n = c.n;
  const bool x_signed = c.x_signed;
  const v128_t one_factor = wasm_v128_load32_splat(c.factor);
  const v128_t one_rest = wasm_v128_load32_splat(c.rest);
  size_t i = 0;
  for (; i + kLanes <= c.n; i += kLanes) {
    Floats factor, rest;
    QUANTAB_UNROLL
    for (int v = 0; v < 4; ++v) {
      factor.v[v] = kOne ? one_factor : wasm_v128_load(c.factor + i + 4 * v);
      rest.v[v] = kOne ? one_rest : wasm_v128_load(c.rest + i + 4 * v);
    }
    const uint8_t* from = c.x + i;
    uint8_t* to = c.y + i;
    for (size_t r = 0; r < rows; ++r, from += n, to += n) {
      const Floats x = Widened(wasm_v128_load(from), x_signed);
      Floats values;
      QUANTAB_UNROLL
      for (int v = 0; v < 4; ++v) {
        values.v[v] = wasm_f32x4_add(wasm_f32x4_mul(x.v[v], factor.v[v]), rest.v[v]);
      }
      wasm_v128_store(to, rounded(values));
    }
  }
  if (i == c.n) return;
  for (size_t r = 0; r < c.rows; ++r) {
    qlinear_scalar::Affine(i, c, c.x + r * c.n, c.y + r * c.n);
  }
}

void Affine(const QLinearColumns& c) {
  if (c.n == 0) return;
  c.step == 0 ? Columns<true>(c) : Columns<false>(c);
}

}  // namespace

const QLinearKernel qlinear_simd128 = {Run<Sum, QLinearSum>, Run<Product, QLinearProduct>, Affine};

}  // namespace quantab::kernels
