// Four outputs to a vector, four vectors at a time from wherever they come: rows of 7 fill the
// accumulators as well as rows of 112.
#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/im2col/float_row.h"

namespace quantab::kernels {
namespace {

constexpr int kBatch = 4;

struct Taps {
  size_t count;
  const size_t* offsets;
  const float* w;
  float bias;
  float min;
  float max;
};

// Vectors of outputs waiting to be made: where their windows begin, where they go.
struct Batch {
  const float* x[kBatch];
  float* y[kBatch];
  int count = 0;
};

void Run(const Taps& taps, const Batch& batch) {
  v128_t sum[kBatch];
  const float* x[kBatch];
  QUANTAB_UNROLL
  for (int v = 0; v < kBatch; ++v) {
    sum[v] = wasm_f32x4_splat(0);
    x[v] = batch.x[v];
  }
  for (size_t t = 0; t < taps.count; ++t) {
    const v128_t weight = wasm_v128_load32_splat(taps.w + t);
    const size_t offset = taps.offsets[t];
    QUANTAB_UNROLL
    for (int v = 0; v < kBatch; ++v) {
      sum[v] = wasm_f32x4_add(sum[v], wasm_f32x4_mul(weight, wasm_v128_load(x[v] + offset)));
    }
  }
  const v128_t bias = wasm_f32x4_splat(taps.bias);
  const v128_t min = wasm_f32x4_splat(taps.min);
  const v128_t max = wasm_f32x4_splat(taps.max);
  QUANTAB_UNROLL
  for (int v = 0; v < kBatch; ++v) {
    const v128_t result = wasm_f32x4_pmax(wasm_f32x4_add(sum[v], bias), min);
    wasm_v128_store(batch.y[v], wasm_f32x4_pmin(result, max));
  }
}

// Rows of fewer than four outputs.
void Narrow(const Taps& taps, size_t rows, size_t n, const float* x, size_t x_row, float* y) {
  for (size_t r = 0; r < rows; ++r, x += x_row) {
    for (size_t i = 0; i < n; ++i) {
      float sum = 0;
      for (size_t t = 0; t < taps.count; ++t) sum += taps.w[t] * x[taps.offsets[t] + i];
      sum += taps.bias;
      if (sum < taps.min) sum = taps.min;
      if (sum > taps.max) sum = taps.max;
      *y++ = sum;
    }
  }
}

void Rows(size_t rows, size_t n, size_t count, const float* x, size_t x_row, const size_t* offsets,
          const float* w, float bias, float min, float max, float* y) {
  const Taps taps = {count, offsets, w, bias, min, max};
  if (n < 4) return Narrow(taps, rows, n, x, x_row, y);
  Batch batch;
  for (size_t r = 0; r < rows; ++r, x += x_row, y += n) {
    for (size_t i = 0; i < n; i += 4) {
      // The last vector of a row makes some outputs a second time rather than reach beyond it.
      const size_t start = std::min(i, n - 4);
      batch.x[batch.count] = x + start;
      batch.y[batch.count] = y + start;
      if (++batch.count == kBatch) {
        Run(taps, batch);
        batch.count = 0;
      }
    }
  }
  if (batch.count == 0) return;
  for (int v = batch.count; v < kBatch; ++v) {
    batch.x[v] = batch.x[0];
    batch.y[v] = batch.y[0];
  }
  Run(taps, batch);
}

template <size_t kStep>
void CopyBy(size_t n, const float* from, size_t step, float* to) {
  if (n < 4) {
    for (size_t i = 0; i < n; ++i) to[i] = from[i * step];
    return;
  }
  for (size_t i = 0; i + 4 <= n; i += 4) {
    wasm_v128_store(to + i, LoadStrided<kStep>(from + i * step, step));
  }
  wasm_v128_store(to + n - 4, LoadStrided<kStep>(from + (n - 4) * step, step));
}

void Copy(size_t n, const float* from, size_t step, float* to) {
  switch (step) {
    case 1:
      return CopyBy<1>(n, from, step, to);
    case 2:
      return CopyBy<2>(n, from, step, to);
    default:
      return CopyBy<0>(n, from, step, to);
  }
}

}  // namespace

const F32ConvKernel f32_conv_simd128 = {Rows, Copy};

}  // namespace quantab::kernels
