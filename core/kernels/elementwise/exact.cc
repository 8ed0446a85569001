#include "core/kernels/elementwise/exact.h"

#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/elementwise/map.h"
#include "core/kernels/elementwise/vector_math.h"

namespace quantab::kernels::elementwise_exact {
namespace {

// Four values at p, or one value repeated when the step is 0; `count` < 4 only at the end of a row.
v128_t Load(const float* p, size_t step, size_t count) {
  if (step == 0) return wasm_v128_load32_splat(p);
  if (count >= 4) return wasm_v128_load(p);
  float last[4] = {};
  std::copy_n(p, count, last);
  return wasm_v128_load(last);
}

template <typename F>
void Rows(size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
          const float* b, size_t b_row, size_t b_column, float* y, F f) {
  for (size_t r = 0; r < rows; ++r, a += a_row, b += b_row, y += columns) {
    size_t c = 0;
    if (a_column != 0 && b_column != 0) {
      for (; c + 4 <= columns; c += 4) {
        wasm_v128_store(y + c, f(wasm_v128_load(a + c), wasm_v128_load(b + c)));
      }
    } else if (a_column != 0 && columns != 0) {
      const v128_t right = wasm_v128_load32_splat(b);
      for (; c + 4 <= columns; c += 4) wasm_v128_store(y + c, f(wasm_v128_load(a + c), right));
    } else if (b_column != 0 && columns != 0) {
      const v128_t left = wasm_v128_load32_splat(a);
      for (; c + 4 <= columns; c += 4) wasm_v128_store(y + c, f(left, wasm_v128_load(b + c)));
    }
    while (c < columns) {
      const size_t count = std::min<size_t>(4, columns - c);
      float last[4];
      wasm_v128_store(last, f(Load(a + c * a_column, a_column, count),
                              Load(b + c * b_column, b_column, count)));
      std::copy_n(last, count, y + c);
      c += count;
    }
  }
}

// max(0, min(1, x)); NaN stays NaN.
v128_t ClampToOne(v128_t x) { return wasm_f32x4_pmin(wasm_f32x4_pmax(x, Splat(0)), Splat(1)); }

v128_t Sign(v128_t x) {
  const v128_t one = wasm_v128_or(Splat(1), wasm_v128_and(x, Splat(-0.0F)));
  const v128_t nonzero = wasm_v128_or(wasm_f32x4_lt(x, Splat(0)), wasm_f32x4_gt(x, Splat(0)));
  return Select(nonzero, one, x);
}

}  // namespace

void Unary(UnaryOp op, size_t n, const float* x, float* y, float alpha, float beta) {
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
    case UnaryOp::kFloor:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_floor(v); });
    case UnaryOp::kHardSigmoid:
      return Map(n, x, y, [=](v128_t v) { return ClampToOne(Add(Mul(a, v), b)); });
    case UnaryOp::kHardSwish:
      return Map(n, x, y, [](v128_t v) {
        return Mul(v, ClampToOne(Add(Mul(v, Splat(1.0F / 6)), Splat(0.5F))));
      });
    case UnaryOp::kLeakyRelu:
      return Map(n, x, y, [=](v128_t v) { return Select(wasm_f32x4_lt(v, zero), Mul(a, v), v); });
    case UnaryOp::kNeg:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_neg(v); });
    case UnaryOp::kReciprocal:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_div(Splat(1), v); });
    case UnaryOp::kRelu:
      return Map(n, x, y, [=](v128_t v) { return wasm_f32x4_pmax(v, zero); });
    case UnaryOp::kRound:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_nearest(v); });
    case UnaryOp::kSign:
      return Map(n, x, y, [](v128_t v) { return Sign(v); });
    case UnaryOp::kSqrt:
      return Map(n, x, y, [](v128_t v) { return wasm_f32x4_sqrt(v); });
    default:
      return;
  }
}

void Binary(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
            const float* b, size_t b_row, size_t b_column, float* y) {
  const auto run = [&](auto f) {
    Rows(rows, columns, a, a_row, a_column, b, b_row, b_column, y, f);
  };
  switch (op) {
    case BinaryOp::kAdd:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_add(l, r); });
    case BinaryOp::kSub:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_sub(l, r); });
    case BinaryOp::kMul:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_mul(l, r); });
    case BinaryOp::kDiv:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_div(l, r); });
    case BinaryOp::kMax:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_max(l, r); });
    case BinaryOp::kMin:
      return run([](v128_t l, v128_t r) { return wasm_f32x4_min(l, r); });
    case BinaryOp::kPrelu:
      return run(
          [](v128_t l, v128_t r) { return Select(wasm_f32x4_lt(l, Splat(0)), Mul(l, r), l); });
  }
}

}  // namespace quantab::kernels::elementwise_exact
