// The 6x8 tile of f32_gemm, over the multiply-add it is built from (multiply_add.h): shared by
// simd128.cc and relaxed.cc.
//
// A row of tiles passes over the panels in one function: the few hundred cycles of a tile leave no
// room for a call. Its rows of A stay in the first-level cache while B is read in one stream.
#ifndef QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_
#define QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_

#include <algorithm>
#include <cstring>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/multiply_add.h"

namespace quantab::kernels::f32_gemm_tile {

inline constexpr size_t kRows = 6;
// Floats of B that stay in the second-level cache while all of A passes: 256 KiB.
inline constexpr size_t kBlockFloats = 64 * 1024;

struct Limits {
  v128_t min;
  v128_t max;
};

// The arguments of F32Gemm.
struct Product {
  size_t k;
  const float* a;
  size_t lda;
  const float* packed;
  float* c;
  size_t ldc;
  const F32GemmEpilogue* epilogue;
  bool clamps;  // whether the epilogue limits anything

  Limits EpilogueLimits() const {
    return {wasm_f32x4_splat(epilogue->min), wasm_f32x4_splat(epilogue->max)};
  }
};

inline bool Clamps(const F32GemmEpilogue& epilogue) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return epilogue.min != -kInfinity || epilogue.max != kInfinity;
}

// A tile of kTileRows x kVectors vectors.
template <int kTileRows, int kVectors>
using Sums = v128_t[kTileRows][kVectors];

template <int kTileRows, int kVectors>
inline void AddBiases(const F32GemmEpilogue& epilogue, size_t row, size_t column, size_t columns,
                      Sums<kTileRows, kVectors>& sums) {
  if (epilogue.row_bias != nullptr) {
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const v128_t bias = wasm_v128_load32_splat(epilogue.row_bias + row + r);
      QUANTAB_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[r][v] = wasm_f32x4_add(sums[r][v], bias);
    }
  }
  if (epilogue.column_bias == nullptr) return;
  const float* from = epilogue.column_bias + column;
  float part[4 * kVectors] = {};
  if (columns < 4 * kVectors) {
    std::memcpy(part, from, columns * sizeof(float));
    from = part;
  }
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const v128_t bias = wasm_v128_load(from + 4 * v);
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) sums[r][v] = wasm_f32x4_add(sums[r][v], bias);
  }
}

template <int kTileRows, int kVectors>
inline void Clamp(const Limits& limits, Sums<kTileRows, kVectors>& sums) {
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = wasm_f32x4_pmin(wasm_f32x4_pmax(sums[r][v], limits.min), limits.max);
    }
  }
}

// As many of the tile's columns as there are.
template <int kTileRows, int kVectors>
inline void Store(const Sums<kTileRows, kVectors>& sums, size_t columns, float* c, size_t ldc) {
  if (columns == 4 * kVectors) {
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      QUANTAB_UNROLL
      for (int v = 0; v < kVectors; ++v) wasm_v128_store(c + r * ldc + 4 * v, sums[r][v]);
    }
    return;
  }
  float rows[kTileRows][4 * kVectors];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) wasm_v128_store(rows[r] + 4 * v, sums[r][v]);
  }
  for (int r = 0; r < kTileRows; ++r) std::copy_n(rows[r], columns, c + r * ldc);
}

// `columns` columns, at most 4 * kVectors, from `column` on, where `panel` begins.
template <int kTileRows, int kVectors, typename M>
inline void Tile(const Product& p, const Limits& limits, size_t row, size_t column, size_t columns,
                 const float* panel) {
  Sums<kTileRows, kVectors> sums;
  const float* rows[kTileRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[r][v] = wasm_f32x4_splat(0);
    rows[r] = p.a + (row + r) * p.lda;
  }
  for (size_t i = 0; i < p.k; ++i, panel += kF32GemmPanel) {
    v128_t b[kVectors];
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) b[v] = wasm_v128_load(panel + 4 * v);
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const v128_t value = wasm_v128_load32_splat(rows[r] + i);
      QUANTAB_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[r][v] = M::MultiplyAdd(value, b[v], sums[r][v]);
    }
  }
  AddBiases(*p.epilogue, row, column, columns, sums);
  if (p.clamps) Clamp(limits, sums);
  Store(sums, columns, p.c + row * p.ldc + column, p.ldc);
}

// Rows [row, row + kTileRows) of columns [first, end); `first` is a multiple of a panel's columns.
template <int kTileRows, typename M>
void RowOfTiles(const Product& p, size_t row, size_t first, size_t end) {
  const Limits limits = p.EpilogueLimits();
  const float* panel = p.packed + first * p.k;
  size_t column = first;
  for (; column + kF32GemmPanel <= end; column += kF32GemmPanel, panel += kF32GemmPanel * p.k) {
    Tile<kTileRows, 2, M>(p, limits, row, column, kF32GemmPanel, panel);
  }
  for (; column < end; column += 4, panel += 4) {
    Tile<kTileRows, 1, M>(p, limits, row, column, std::min<size_t>(4, end - column), panel);
  }
}

// One row of A against four panels: enough accumulators to hide the latency that Tile<1> would wait
// for.
template <typename M>
void FourPanels(const Product& p, size_t column) {
  constexpr int kVectors = 8;
  Sums<1, kVectors> sums;
  const float* panels[kVectors / 2];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    sums[0][v] = wasm_f32x4_splat(0);
    panels[v / 2] = p.packed + (column + v / 2 * kF32GemmPanel) * p.k;
  }
  for (size_t i = 0; i < p.k; ++i) {
    const v128_t value = wasm_v128_load32_splat(p.a + i);
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t b = wasm_v128_load(panels[v / 2] + i * kF32GemmPanel + v % 2 * 4);
      sums[0][v] = M::MultiplyAdd(value, b, sums[0][v]);
    }
  }
  AddBiases(*p.epilogue, 0, column, 4 * kVectors, sums);
  if (p.clamps) Clamp(p.EpilogueLimits(), sums);
  Store(sums, 4 * kVectors, p.c + column, p.ldc);
}

template <typename M>
void Run(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed, float* c,
         size_t ldc, const F32GemmEpilogue& epilogue) {
  constexpr decltype(&RowOfTiles<1, M>) kTiles[kRows] = {RowOfTiles<1, M>, RowOfTiles<2, M>,
                                                         RowOfTiles<3, M>, RowOfTiles<4, M>,
                                                         RowOfTiles<5, M>, RowOfTiles<6, M>};
  const Product product = {k, a, lda, packed, c, ldc, &epilogue, Clamps(epilogue)};
  size_t first = 0;
  if (m == 1) {
    constexpr size_t kStep = 4 * kF32GemmPanel;
    for (; first + kStep <= n; first += kStep) FourPanels<M>(product, first);
  }
  // Rows are dealt out evenly: a tile of one or two rows waits for its own sums.
  const size_t tiles = (m + kRows - 1) / kRows;
  const size_t panels = std::max<size_t>(1, kBlockFloats / kF32GemmPanel / std::max<size_t>(k, 1));
  for (size_t end = first; first < n; first = end) {
    end = std::min(n, first + panels * kF32GemmPanel);
    for (size_t t = 0, row = 0; t < tiles; ++t) {
      const size_t rows = m / tiles + (t < m % tiles ? 1 : 0);
      kTiles[rows - 1](product, row, first, end);
      row += rows;
    }
  }
}

}  // namespace quantab::kernels::f32_gemm_tile

#endif  // QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_
