#include "core/kernels/elementwise/binary.h"

#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/elementwise/vector_math.h"

namespace quantab::kernels::elementwise_binary {
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

}  // namespace

void Run(BinaryOp op, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_column,
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

}  // namespace quantab::kernels::elementwise_binary
