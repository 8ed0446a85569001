// Four channels to a vector, one in each lane.
#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/f32_winograd/f32_winograd.h"

namespace quantab::kernels {
namespace {

constexpr size_t kLanes = kWinogradLanes;

v128_t Splat(float value) { return wasm_f32x4_splat(value); }
v128_t Add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
v128_t Sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }
v128_t Scale(v128_t a, float factor) { return wasm_f32x4_mul(a, Splat(factor)); }

constexpr float kRootHalf = 0.70710678F;
constexpr float kRootTwo = 1.41421356F;

// Four rows of four become four columns.
void Transpose(v128_t (&v)[4]) {
  const v128_t a = wasm_i32x4_shuffle(v[0], v[1], 0, 4, 1, 5);
  const v128_t b = wasm_i32x4_shuffle(v[2], v[3], 0, 4, 1, 5);
  const v128_t c = wasm_i32x4_shuffle(v[0], v[1], 2, 6, 3, 7);
  const v128_t d = wasm_i32x4_shuffle(v[2], v[3], 2, 6, 3, 7);
  v[0] = wasm_i64x2_shuffle(a, b, 0, 2);
  v[1] = wasm_i64x2_shuffle(a, b, 1, 3);
  v[2] = wasm_i64x2_shuffle(c, d, 0, 2);
  v[3] = wasm_i64x2_shuffle(c, d, 1, 3);
}

// B' of six vectors, to[0], to[step] ...
void InputLine(const v128_t (&d)[6], v128_t* to, size_t step) {
  to[0] = Sub(Add(d[0], d[4]), Scale(d[2], 2.5F));
  to[5 * step] = Sub(Add(d[1], d[5]), Scale(d[3], 2.5F));
  const v128_t even = Sub(d[4], Add(d[2], d[2]));
  const v128_t odd = Sub(Scale(d[3], kRootHalf), Scale(d[1], kRootTwo));
  to[step] = Add(even, odd);
  to[2 * step] = Sub(even, odd);
  const v128_t far_even = Sub(d[4], Scale(d[2], 0.5F));
  const v128_t far_odd = Sub(Scale(d[3], kRootTwo), Scale(d[1], kRootHalf));
  to[3 * step] = Add(far_even, far_odd);
  to[4 * step] = Sub(far_even, far_odd);
}

// A' of six vectors.
void OutputLine(const v128_t (&m)[6], v128_t* to, size_t step) {
  const v128_t near_sum = Add(m[1], m[2]), near_difference = Sub(m[1], m[2]);
  const v128_t far_sum = Add(m[3], m[4]), far_difference = Sub(m[3], m[4]);
  to[0] = Add(m[0], Add(near_sum, far_sum));
  to[step] = Add(Scale(near_difference, kRootHalf), Scale(far_difference, kRootTwo));
  to[2 * step] = Add(Scale(near_sum, 0.5F), Add(far_sum, far_sum));
  to[3 * step] =
      Add(m[5], Add(Scale(near_difference, kRootHalf / 2), Scale(far_difference, 2 * kRootTwo)));
}

// The patch that begins at patches[lane] of each channel, to to[point * point_step].
void PatchToPoints(const float* const (&patches)[kLanes], size_t line, float* to,
                   size_t point_step) {
  v128_t rows[kWinogradPatch][kWinogradPatch];
  for (size_t i = 0; i < kWinogradPatch; ++i) {
    v128_t near[kLanes], d[kWinogradPatch];
    QUANTAB_UNROLL
    for (size_t lane = 0; lane < kLanes; ++lane) {
      near[lane] = wasm_v128_load(patches[lane] + i * line);
      d[lane] = wasm_v128_load64_zero(patches[lane] + i * line + 4);
    }
    const v128_t low = wasm_i32x4_shuffle(d[0], d[1], 0, 4, 1, 5);
    const v128_t high = wasm_i32x4_shuffle(d[2], d[3], 0, 4, 1, 5);
    Transpose(near);
    QUANTAB_UNROLL
    for (size_t lane = 0; lane < kLanes; ++lane) d[lane] = near[lane];
    d[4] = wasm_i64x2_shuffle(low, high, 0, 2);
    d[5] = wasm_i64x2_shuffle(low, high, 1, 3);
    InputLine(d, rows[i], 1);
  }
  for (size_t j = 0; j < kWinogradPatch; ++j) {
    v128_t column[kWinogradPatch], points[kWinogradPatch];
    QUANTAB_UNROLL
    for (size_t i = 0; i < kWinogradPatch; ++i) column[i] = rows[i][j];
    InputLine(column, points, 1);
    QUANTAB_UNROLL
    for (size_t i = 0; i < kWinogradPatch; ++i) {
      wasm_v128_store(to + (i * kWinogradPatch + j) * point_step, points[i]);
    }
  }
}

void ToPoints(const WinogradTiles& tiles, size_t channels, const float* x, size_t x_step, float* to,
              size_t point_step, size_t tile_step) {
  for (size_t row = 0; row < tiles.rows; ++row) {
    const float* patches[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      patches[lane] =
          x + std::min(lane, channels - 1) * x_step + row * kWinogradTile * tiles.input_line;
    }
    for (size_t column = 0; column < tiles.columns; ++column, to += tile_step) {
      PatchToPoints(patches, tiles.input_line, to, point_step);
      for (const float*& patch : patches) patch += kWinogradTile;
    }
  }
}

// What a tile of outputs needs besides its points.
struct Output {
  v128_t bias, min, max;
  size_t channels;
  size_t line;           // from row to row
  size_t step;           // from channel to channel
  size_t rows, columns;  // that there are
};

void StoreRow(const Output& out, const v128_t (&values)[kLanes], float* y) {
  for (size_t c = 0; c < out.channels; ++c, y += out.step) {
    if (out.columns >= kWinogradTile) {
      wasm_v128_store(y, values[c]);
    } else {
      float part[kWinogradTile];
      wasm_v128_store(part, values[c]);
      std::copy_n(part, out.columns, y);
    }
  }
}

void PointsToTile(const Output& out, const float* from, size_t point_step, float* y) {
  v128_t rows[kWinogradTile][kWinogradPatch];
  for (size_t j = 0; j < kWinogradPatch; ++j) {
    v128_t points[kWinogradPatch];
    QUANTAB_UNROLL
    for (size_t i = 0; i < kWinogradPatch; ++i) {
      points[i] = wasm_v128_load(from + (i * kWinogradPatch + j) * point_step);
    }
    OutputLine(points, &rows[0][j], kWinogradPatch);
  }
  for (size_t i = 0; i < std::min(kWinogradTile, out.rows); ++i) {
    v128_t values[kLanes];
    OutputLine(rows[i], values, 1);
    QUANTAB_UNROLL
    for (v128_t& value : values) {
      value = wasm_f32x4_pmax(Add(value, out.bias), out.min);
      value = wasm_f32x4_pmin(value, out.max);
    }
    Transpose(values);
    StoreRow(out, values, y + i * out.line);
  }
}

void FromPoints(const WinogradTiles& tiles, size_t channels, const float* from, size_t point_step,
                size_t tile_step, const float* bias, float min, float max, float* y,
                size_t y_step) {
  float biases[kLanes] = {};
  if (bias != nullptr) std::copy_n(bias, channels, biases);
  Output out = {.bias = wasm_v128_load(biases),
                .min = Splat(min),
                .max = Splat(max),
                .channels = channels,
                .line = tiles.out_columns,
                .step = y_step,
                .rows = 0,
                .columns = 0};
  for (size_t row = 0; row < tiles.rows; ++row) {
    const size_t first = row * kWinogradTile;
    out.rows = tiles.out_rows - first;
    for (size_t column = 0; column < tiles.columns; ++column, from += tile_step) {
      out.columns = tiles.out_columns - column * kWinogradTile;
      PointsToTile(out, from, point_step, y + first * out.line + column * kWinogradTile);
    }
  }
}

}  // namespace

const F32WinogradKernel f32_winograd_simd128 = {ToPoints, FromPoints};

}  // namespace quantab::kernels
