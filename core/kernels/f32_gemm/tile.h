// The 6x8 tile of f32_gemm, over the multiply-add it is built from: shared by simd128.cc and
// relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_
#define QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_

#include <algorithm>
#include <cstring>

#include "core/base/simd.h"
#include "core/kernels/f32_gemm/f32_gemm.h"

namespace quantab::kernels::f32_gemm_tile {

inline constexpr size_t kRows = 6;
// Rows of A that stay in the second-level cache while all of B passes.
inline constexpr size_t kRowBlock = 8 * kRows;

// One row of a finished tile: biases, clamp, and as many of the 8 columns as there are.
inline void StoreRow(v128_t low, v128_t high, size_t columns, const float* row_bias,
                     const float* column_bias, v128_t min, v128_t max, float* c) {
  if (row_bias != nullptr) {
    const v128_t bias = wasm_v128_load32_splat(row_bias);
    low = wasm_f32x4_add(low, bias);
    high = wasm_f32x4_add(high, bias);
  }
  alignas(16) float part[kF32GemmPanel] = {};
  if (column_bias != nullptr) {
    if (columns < kF32GemmPanel) {
      std::memcpy(part, column_bias, columns * sizeof(float));
      column_bias = part;
    }
    low = wasm_f32x4_add(low, wasm_v128_load(column_bias));
    high = wasm_f32x4_add(high, wasm_v128_load(column_bias + 4));
  }
  low = wasm_f32x4_pmin(wasm_f32x4_pmax(low, min), max);
  high = wasm_f32x4_pmin(wasm_f32x4_pmax(high, min), max);
  if (columns == kF32GemmPanel) {
    wasm_v128_store(c, low);
    wasm_v128_store(c + 4, high);
  } else {
    wasm_v128_store(part, low);
    wasm_v128_store(part + 4, high);
    std::memcpy(c, part, columns * sizeof(float));
  }
}

template <int kTileRows, typename MulAdd>
void Tile(size_t columns, size_t k, const float* a, size_t lda, const float* panel, float* c,
          size_t ldc, const float* row_bias, const float* column_bias, v128_t min, v128_t max) {
  v128_t acc[kTileRows][2];
  const float* rows[kTileRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    acc[r][0] = acc[r][1] = wasm_f32x4_splat(0);
    rows[r] = a + r * lda;
  }
  for (size_t i = 0; i < k; ++i, panel += kF32GemmPanel) {
    const v128_t b0 = wasm_v128_load(panel);
    const v128_t b1 = wasm_v128_load(panel + 4);
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const v128_t value = wasm_v128_load32_splat(rows[r] + i);
      acc[r][0] = MulAdd::Run(value, b0, acc[r][0]);
      acc[r][1] = MulAdd::Run(value, b1, acc[r][1]);
    }
  }
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    StoreRow(acc[r][0], acc[r][1], columns, row_bias == nullptr ? nullptr : row_bias + r,
             column_bias, min, max, c + r * ldc);
  }
}

// One row of A against four panels: enough accumulators to hide the latency that Tile<1> would wait
// for.
template <typename MulAdd>
void FourPanels(size_t k, const float* a, const float* packed, float* c, const float* row_bias,
                const float* column_bias, v128_t min, v128_t max) {
  constexpr size_t kPanels = 4;
  v128_t acc[kPanels][2];
  const float* panels[kPanels];
  QUANTAB_UNROLL
  for (size_t p = 0; p < kPanels; ++p) {
    acc[p][0] = acc[p][1] = wasm_f32x4_splat(0);
    panels[p] = packed + p * k * kF32GemmPanel;
  }
  for (size_t i = 0; i < k; ++i) {
    const v128_t value = wasm_v128_load32_splat(a + i);
    QUANTAB_UNROLL
    for (size_t p = 0; p < kPanels; ++p) {
      const float* b = panels[p] + i * kF32GemmPanel;
      acc[p][0] = MulAdd::Run(value, wasm_v128_load(b), acc[p][0]);
      acc[p][1] = MulAdd::Run(value, wasm_v128_load(b + 4), acc[p][1]);
    }
  }
  QUANTAB_UNROLL
  for (size_t p = 0; p < kPanels; ++p) {
    const size_t column = p * kF32GemmPanel;
    StoreRow(acc[p][0], acc[p][1], kF32GemmPanel, row_bias,
             column_bias == nullptr ? nullptr : column_bias + column, min, max, c + column);
  }
}

template <typename MulAdd>
void Run(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed, float* c,
         size_t ldc, const F32GemmEpilogue& epilogue) {
  constexpr decltype(&Tile<1, MulAdd>) kTiles[kRows] = {Tile<1, MulAdd>, Tile<2, MulAdd>,
                                                        Tile<3, MulAdd>, Tile<4, MulAdd>,
                                                        Tile<5, MulAdd>, Tile<6, MulAdd>};
  const v128_t min = wasm_f32x4_splat(epilogue.min);
  const v128_t max = wasm_f32x4_splat(epilogue.max);
  // Columns the whole-panel path for a single row has made.
  size_t done = 0;
  if (m == 1) {
    constexpr size_t kStep = 4 * kF32GemmPanel;
    for (; done + kStep <= n; done += kStep) {
      FourPanels<MulAdd>(k, a, packed + done * k, c + done, epilogue.row_bias,
                         epilogue.column_bias == nullptr ? nullptr : epilogue.column_bias + done,
                         min, max);
    }
  }
  for (size_t m0 = 0; m0 < m; m0 += kRowBlock) {
    const size_t block_end = std::min(m, m0 + kRowBlock);
    const float* panel = packed + done * k;
    for (size_t n0 = done; n0 < n; n0 += kF32GemmPanel, panel += k * kF32GemmPanel) {
      const size_t columns = std::min(kF32GemmPanel, n - n0);
      const float* column_bias =
          epilogue.column_bias == nullptr ? nullptr : epilogue.column_bias + n0;
      for (size_t i = m0; i < block_end; i += kRows) {
        kTiles[std::min(kRows, block_end - i) - 1](
            columns, k, a + i * lda, lda, panel, c + i * ldc + n0, ldc,
            epilogue.row_bias == nullptr ? nullptr : epilogue.row_bias + i, column_bias, min, max);
      }
    }
  }
}

}  // namespace quantab::kernels::f32_gemm_tile

#endif  // QUANTAB_CORE_KERNELS_F32_GEMM_TILE_H_
