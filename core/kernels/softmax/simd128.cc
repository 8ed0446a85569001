#include <algorithm>
#include <cmath>

#include "core/base/simd.h"
#include "core/kernels/elementwise/vector_math.h"
#include "core/kernels/softmax/softmax.h"

namespace quantab::kernels {
namespace {

// Largest of the row, NaN if any is.
float Largest(size_t columns, const float* x) {
  v128_t most = wasm_f32x4_splat(-INFINITY);
  size_t c = 0;
  for (; c + 4 <= columns; c += 4) most = wasm_f32x4_max(most, wasm_v128_load(x + c));
  for (; c < columns; ++c) most = wasm_f32x4_max(most, wasm_v128_load32_splat(x + c));
  most = wasm_f32x4_max(most, wasm_i32x4_shuffle(most, most, 2, 3, 0, 1));
  most = wasm_f32x4_max(most, wasm_i32x4_shuffle(most, most, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(most, 0);
}

float SumLanes(v128_t v) {
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

// exp(x) for x <= 0, with 0 below the normal floats: making subnormal results takes x86 some
// hundred cycles each, and a masked row is full of them.
v128_t ExpOrZero(v128_t x) {
  const v128_t least = Splat(-87);
  return wasm_v128_andnot(Exp(wasm_f32x4_max(x, least)), wasm_f32x4_lt(x, least));
}

// Sum of exp(x - most); each exponential is also passed to store(c, count, vector).
template <typename Store>
float SumOfExp(size_t columns, const float* x, float most, Store store) {
  const v128_t shift = wasm_f32x4_splat(most);
  v128_t sum = wasm_f32x4_splat(0);
  size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    const v128_t e = ExpOrZero(Sub(wasm_v128_load(x + c), shift));
    sum = Add(sum, e);
    store(c, size_t{4}, e);
  }
  if (c < columns) {
    // exp(-infinity) is 0: the lanes beyond the row add nothing.
    float last[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    std::copy_n(x + c, columns - c, last);
    const v128_t e = ExpOrZero(Sub(wasm_v128_load(last), shift));
    sum = Add(sum, e);
    store(c, columns - c, e);
  }
  return SumLanes(sum);
}

void Plain(size_t rows, size_t columns, const float* x, float* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float most = Largest(columns, x);
    const float sum = SumOfExp(columns, x, most, [y](size_t c, size_t count, v128_t e) {
      float four[4];
      wasm_v128_store(four, e);
      std::copy_n(four, count, y + c);
    });
    const v128_t divisor = wasm_f32x4_splat(sum);
    size_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      wasm_v128_store(y + c, wasm_f32x4_div(wasm_v128_load(y + c), divisor));
    }
    for (; c < columns; ++c) y[c] /= sum;
  }
}

void Logarithm(size_t rows, size_t columns, const float* x, float* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float most = Largest(columns, x);
    const float log_sum = std::log(SumOfExp(columns, x, most, [](size_t, size_t, v128_t) {}));
    const v128_t shift = wasm_f32x4_splat(most);
    const v128_t logs = wasm_f32x4_splat(log_sum);
    size_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      wasm_v128_store(y + c, Sub(Sub(wasm_v128_load(x + c), shift), logs));
    }
    for (; c < columns; ++c) y[c] = x[c] - most - log_sum;
  }
}

}  // namespace

const SoftmaxKernel softmax_simd128 = {Plain, Logarithm};

}  // namespace quantab::kernels
