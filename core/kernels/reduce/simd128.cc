#include <algorithm>
#include <cmath>

#include "core/base/simd.h"
#include "core/kernels/reduce/reduce.h"

namespace quantab::kernels {
namespace {

struct Sum {
  static constexpr float kStart = 0;
  static v128_t Element(v128_t x) { return x; }
  static v128_t Combine(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
};

struct SumSquare : Sum {
  static v128_t Element(v128_t x) { return wasm_f32x4_mul(x, x); }
};

struct L1 : Sum {
  static v128_t Element(v128_t x) { return wasm_f32x4_abs(x); }
};

struct Max : Sum {
  static constexpr float kStart = -INFINITY;
  static v128_t Combine(v128_t a, v128_t b) { return wasm_f32x4_max(a, b); }
};

struct Min : Sum {
  static constexpr float kStart = INFINITY;
  static v128_t Combine(v128_t a, v128_t b) { return wasm_f32x4_min(a, b); }
};

template <typename Op>
float Row(size_t columns, const float* x) {
  constexpr int kVectors = 4;
  v128_t acc[kVectors];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) acc[v] = wasm_f32x4_splat(Op::kStart);
  size_t c = 0;
  for (; c + 4 * kVectors <= columns; c += 4 * kVectors) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      acc[v] = Op::Combine(acc[v], Op::Element(wasm_v128_load(x + c + 4 * v)));
    }
  }
  for (; c + 4 <= columns; c += 4) {
    acc[0] = Op::Combine(acc[0], Op::Element(wasm_v128_load(x + c)));
  }
  if (c < columns) {
    // 0 adds nothing to a sum, an infinity nothing to an extreme.
    float last[4] = {Op::kStart, Op::kStart, Op::kStart, Op::kStart};
    std::copy_n(x + c, columns - c, last);
    acc[1] = Op::Combine(acc[1], Op::Element(wasm_v128_load(last)));
  }
  v128_t all = Op::Combine(Op::Combine(acc[0], acc[1]), Op::Combine(acc[2], acc[3]));
  all = Op::Combine(all, wasm_i32x4_shuffle(all, all, 2, 3, 0, 1));
  all = Op::Combine(all, wasm_i32x4_shuffle(all, all, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(all, 0);
}

template <typename Op>
void RowsOf(size_t rows, size_t columns, const float* x, float divisor, float* y) {
  for (size_t r = 0; r < rows; ++r) y[r] = Row<Op>(columns, x + r * columns) / divisor;
}

template <typename Op>
void ColumnsOf(size_t rows, size_t columns, const float* x, float divisor, float* y) {
  const v128_t divisors = wasm_f32x4_splat(divisor);
  size_t c = 0;
  const auto block = [&](auto vectors) {
    constexpr int kVectors = decltype(vectors)::value;
    v128_t acc[kVectors];
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[v] = wasm_f32x4_splat(Op::kStart);
    for (size_t r = 0; r < rows; ++r) {
      QUANTAB_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        acc[v] = Op::Combine(acc[v], Op::Element(wasm_v128_load(x + r * columns + c + 4 * v)));
      }
    }
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      wasm_v128_store(y + c + 4 * v, wasm_f32x4_div(acc[v], divisors));
    }
    return size_t{4} * kVectors;
  };
  while (c + 32 <= columns) c += block(std::integral_constant<int, 8>());
  while (c + 4 <= columns) c += block(std::integral_constant<int, 1>());
  for (; c < columns; ++c) {
    v128_t acc = wasm_f32x4_splat(Op::kStart);
    for (size_t r = 0; r < rows; ++r) {
      acc = Op::Combine(acc, Op::Element(wasm_v128_load32_splat(x + r * columns + c)));
    }
    y[c] = wasm_f32x4_extract_lane(acc, 0) / divisor;
  }
}

// Calls run(operation, divisor) for an operation over n elements.
template <typename Run>
void Select(ReduceOp op, size_t n, Run run) {
  switch (op) {
    case ReduceOp::kSum:
      return run(Sum(), 1.0F);
    case ReduceOp::kMean:
      return run(Sum(), static_cast<float>(n));
    case ReduceOp::kMax:
      return run(Max(), 1.0F);
    case ReduceOp::kMin:
      return run(Min(), 1.0F);
    case ReduceOp::kSumSquare:
      return run(SumSquare(), 1.0F);
    case ReduceOp::kL1:
      return run(L1(), 1.0F);
  }
}

void Rows(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  Select(op, columns,
         [&](auto kind, float divisor) { RowsOf<decltype(kind)>(rows, columns, x, divisor, y); });
}

void Columns(ReduceOp op, size_t rows, size_t columns, const float* x, float* y) {
  Select(op, rows, [&](auto kind, float divisor) {
    ColumnsOf<decltype(kind)>(rows, columns, x, divisor, y);
  });
}

}  // namespace

const ReduceKernel reduce_simd128 = {Rows, Columns};

}  // namespace quantab::kernels
