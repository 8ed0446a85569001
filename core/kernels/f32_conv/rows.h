// Output rows of depthwise convolutions, over the multiply-add they are built from
// (multiply_add.h): shared by simd128.cc and relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_F32_CONV_ROWS_H_
#define QUANTAB_CORE_KERNELS_F32_CONV_ROWS_H_

#include <algorithm>

#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/im2col/plane.h"
#include "core/kernels/multiply_add.h"

namespace quantab::kernels::f32_conv_rows {

struct Taps {
  size_t count;
  const size_t* offsets;
  const float* w;
  float bias;
  float min;
  float max;
};

// Rows of fewer than four outputs.
inline void Narrow(const Taps& taps, size_t rows, size_t n, const float* x, size_t x_row,
                   float* y) {
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

// kRows rows of kVectors vectors of outputs. The loop is over the taps: its sums stay in registers,
// which V8 does not see to in code without a loop.
template <int kRows, int kVectors, typename M>
inline void Block(const Taps& taps, const float* x, size_t x_row, float* y, size_t n) {
  v128_t sums[kRows][kVectors];
  const float* rows[kRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[r][v] = wasm_f32x4_splat(0);
    rows[r] = x + r * x_row;
  }
  for (size_t t = 0; t < taps.count; ++t) {
    const v128_t weight = wasm_v128_load32_splat(taps.w + t);
    const size_t offset = taps.offsets[t];
    QUANTAB_UNROLL
    for (int r = 0; r < kRows; ++r) {
      QUANTAB_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const v128_t value = wasm_v128_load(rows[r] + offset + 4 * v);
        sums[r][v] = M::MultiplyAdd(weight, value, sums[r][v]);
      }
    }
  }
  const v128_t bias = wasm_v128_load32_splat(&taps.bias);
  const v128_t min = wasm_v128_load32_splat(&taps.min);
  const v128_t max = wasm_v128_load32_splat(&taps.max);
  QUANTAB_UNROLL
  for (int r = 0; r < kRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t sum = wasm_f32x4_add(sums[r][v], bias);
      wasm_v128_store(y + r * n + 4 * v, wasm_f32x4_pmin(wasm_f32x4_pmax(sum, min), max));
    }
  }
}

// At least kRows rows of at least 4 * kVectors outputs. The last blocks make some outputs a second
// time rather than reach beyond.
template <int kRows, int kVectors, typename M>
void Blocks(const Taps& taps, size_t rows, size_t n, const float* x, size_t x_row, float* y) {
  constexpr size_t kColumns = 4 * kVectors;
  for (size_t r = 0; r < rows; r += kRows) {
    const size_t row = std::min(r, rows - kRows);
    for (size_t i = 0; i < n; i += kColumns) {
      const size_t column = std::min(i, n - kColumns);
      Block<kRows, kVectors, M>(taps, x + row * x_row + column, x_row, y + row * n + column, n);
    }
  }
}

// F32ConvKernel::rows.
template <typename M>
void Rows(size_t rows, size_t n, size_t count, const float* x, size_t x_row, const size_t* offsets,
          const float* w, float bias, float min, float max, float* y) {
  const Taps taps = {count, offsets, w, bias, min, max};
  constexpr int kBand = 4;
  if (n < 4) return Narrow(taps, rows, n, x, x_row, y);
  const auto run = rows < kBand ? Blocks<1, 1, M>
                   : n < 8      ? Blocks<kBand, 1, M>
                                : Blocks<kBand, 2, M>;
  run(taps, rows, n, x, x_row, y);
}

// to[i] = from[i * step], for 0 <= i < n.
inline void Copy(size_t n, const float* from, size_t step, float* to) {
  size_t i = 0;
  if (step == 1) {
    for (; i + 16 <= n; i += 16) {
      QUANTAB_UNROLL
      for (size_t v = 0; v < 16; v += 4) {
        wasm_v128_store(to + i + v, wasm_v128_load(from + i + v));
      }
    }
  }
  for (; i < n; ++i) to[i] = from[i * step];
}

// even[i] = from[2 * i] and odd[i] = from[2 * i + 1], for i below their counts.
inline void Split(size_t evens, size_t odds, const float* from, float* even, float* odd) {
  size_t i = 0;
  for (; i + 4 <= std::min(evens, odds); i += 4) {
    const v128_t low = wasm_v128_load(from + 2 * i);
    const v128_t high = wasm_v128_load(from + 2 * i + 4);
    wasm_v128_store(even + i, wasm_i32x4_shuffle(low, high, 0, 2, 4, 6));
    wasm_v128_store(odd + i, wasm_i32x4_shuffle(low, high, 1, 3, 5, 7));
  }
  for (size_t e = i; e < evens; ++e) even[e] = from[2 * e];
  for (; i < odds; ++i) odd[i] = from[2 * i + 1];
}

// CopyToPlane for windows two columns apart: both runs of a row at once.
inline void SplitToPlane(const ConvShape& shape, const PlaneLayout& layout, const float* x,
                         float* plane) {
  const size_t pad = shape.pad[2];
  // Where the input's first column of either kind in a row of the plane.
  const auto start = [&](size_t kind) {
    return (pad + kind) % 2 * layout.phase_width + (pad + kind) / 2;
  };
  const auto count = [&](size_t kind) {
    const size_t before = (pad + kind) / 2;
    const size_t room = layout.phase_width > before ? layout.phase_width - before : 0;
    return std::min((shape.in[2] + 1 - kind) / 2, room);
  };
  const size_t evens = count(0), odds = count(1);
  const size_t end_d = std::min(layout.depth, shape.in[0] + shape.pad[0]);
  const size_t end_h = std::min(layout.height, shape.in[1] + shape.pad[1]);
  for (size_t d = shape.pad[0]; d < end_d; ++d) {
    for (size_t h = shape.pad[1]; h < end_h; ++h) {
      const size_t row = (d - shape.pad[0]) * shape.in[1] + h - shape.pad[1];
      float* to = plane + (d * layout.height + h) * layout.Row();
      Split(evens, odds, x + row * shape.in[2], to + start(0), to + start(1));
    }
  }
}

// F32ConvKernel::fill.
inline void Fill(const ConvShape& shape, const PlaneLayout& layout, const float* x, float* plane) {
  if (shape.stride[2] == 2) return SplitToPlane(shape, layout, x, plane);
  CopyToPlane(shape, layout, x, plane, Copy);
}

}  // namespace quantab::kernels::f32_conv_rows

#endif  // QUANTAB_CORE_KERNELS_F32_CONV_ROWS_H_
