// Softmax of rows, over the multiply-add it is built from (multiply_add.h): shared by simd128.cc
// and relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_SOFTMAX_ROWS_H_
#define QUANTAB_CORE_KERNELS_SOFTMAX_ROWS_H_

#include <algorithm>
#include <cmath>

#include "core/kernels/elementwise/vector_math.h"
#include "core/kernels/softmax/softmax.h"

namespace quantab::kernels::softmax_rows {

// The larger, NaN if either is.
inline v128_t Larger(v128_t a, v128_t b) {
  return wasm_v128_or(wasm_f32x4_pmax(a, b), wasm_f32x4_ne(b, b));
}

// Largest of the row, NaN if any is.
inline float Largest(size_t columns, const float* x) {
  v128_t most = wasm_f32x4_splat(-INFINITY);
  v128_t other = most;
  size_t c = 0;
  for (; c + 8 <= columns; c += 8) {
    most = Larger(most, wasm_v128_load(x + c));
    other = Larger(other, wasm_v128_load(x + c + 4));
  }
  for (; c < columns; ++c) most = Larger(most, wasm_v128_load32_splat(x + c));
  most = Larger(most, other);
  most = Larger(most, wasm_i32x4_shuffle(most, most, 2, 3, 0, 1));
  most = Larger(most, wasm_i32x4_shuffle(most, most, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(most, 0);
}

inline float SumLanes(v128_t v) {
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

// Sum of exp(x - most); the exponentials go to y unless it is null. y may be x.
template <typename M>
inline float SumOfExp(size_t columns, const float* x, float most, float* y) {
  const v128_t shift = wasm_f32x4_splat(most);
  v128_t sum = wasm_f32x4_splat(0);
  v128_t other = sum;
  size_t c = 0;
  for (; c + 8 <= columns; c += 8) {
    const v128_t first = ExpOrZero<M>(Sub(wasm_v128_load(x + c), shift));
    const v128_t second = ExpOrZero<M>(Sub(wasm_v128_load(x + c + 4), shift));
    sum = Add(sum, first);
    other = Add(other, second);
    if (y == nullptr) continue;
    wasm_v128_store(y + c, first);
    wasm_v128_store(y + c + 4, second);
  }
  for (; c < columns; c += 4) {
    const size_t count = std::min<size_t>(4, columns - c);
    // exp(-infinity) is 0: the lanes beyond the row add nothing.
    float last[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    std::copy_n(x + c, count, last);
    wasm_v128_store(last, ExpOrZero<M>(Sub(wasm_v128_load(last), shift)));
    sum = Add(sum, wasm_v128_load(last));
    if (y != nullptr) std::copy_n(last, count, y + c);
  }
  return SumLanes(Add(sum, other));
}

// Two rows of two columns at a time, with the results of rows one by one. Returns how many it made.
template <typename M>
size_t Pairs(size_t rows, const float* x, float* y) {
  const auto swapped = [](v128_t v) { return wasm_i32x4_shuffle(v, v, 1, 0, 3, 2); };
  size_t r = 0;
  for (; r + 2 <= rows; r += 2) {
    const v128_t values = wasm_v128_load(x + 2 * r);
    const v128_t exps = ExpOrZero<M>(Sub(values, Larger(values, swapped(values))));
    const v128_t factors = wasm_f32x4_div(wasm_f32x4_splat(1), Add(exps, swapped(exps)));
    wasm_v128_store(y + 2 * r, Mul(exps, factors));
  }
  return r;
}

template <typename M>
void Plain(size_t rows, size_t columns, const float* x, float* y) {
  if (columns == 2) {
    const size_t done = Pairs<M>(rows, x, y);
    rows -= done;
    x += 2 * done;
    y += 2 * done;
  }
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float sum = SumOfExp<M>(columns, x, Largest(columns, x), y);
    const float factor = 1 / sum;
    const v128_t factors = wasm_f32x4_splat(factor);
    size_t c = 0;
    for (; c + 4 <= columns; c += 4) wasm_v128_store(y + c, Mul(wasm_v128_load(y + c), factors));
    for (; c < columns; ++c) y[c] *= factor;
  }
}

template <typename M>
void Logarithm(size_t rows, size_t columns, const float* x, float* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float most = Largest(columns, x);
    const float log_sum = std::log(SumOfExp<M>(columns, x, most, nullptr));
    const v128_t shift = wasm_f32x4_splat(most);
    const v128_t logs = wasm_f32x4_splat(log_sum);
    size_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      wasm_v128_store(y + c, Sub(Sub(wasm_v128_load(x + c), shift), logs));
    }
    for (; c < columns; ++c) y[c] = x[c] - most - log_sum;
  }
}

}  // namespace quantab::kernels::softmax_rows

#endif  // QUANTAB_CORE_KERNELS_SOFTMAX_ROWS_H_
