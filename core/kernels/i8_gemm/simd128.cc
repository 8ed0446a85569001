// 4 rows x 8 columns, k by pairs: 16-bit values are multiplied exactly, two k at a time, by the
// 16-bit dot product. 8 accumulators, 2 vectors of B, one splat of A at a time: no shuffles, and
// all of it in registers.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 4;
constexpr size_t kColumns = 8;
constexpr size_t kDepth = 2;

v128_t LoadEight(const int8_t* from) { return wasm_i16x8_load8x8(from); }
v128_t LoadEight(const int16_t* from) { return wasm_v128_load(from); }

// kTileRows rows from row `first` on.
template <int kTileRows, typename Element>
void Tile(const I8GemmTiles& t, size_t first) {
  const auto* panel = static_cast<const Element*>(t.panel);
  int32_t* result = t.acc + first * kColumns;
  v128_t acc[kTileRows][2];
  const int16_t* rows[kTileRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    rows[r] = static_cast<const int16_t*>(t.a) + (first + r) * t.lda;
    QUANTAB_UNROLL
    for (int v = 0; v < 2; ++v) {
      acc[r][v] = t.add ? wasm_v128_load(result + r * kColumns + 4 * v) : wasm_i32x4_splat(0);
    }
  }
  for (size_t i = 0; i < t.k; i += kDepth, panel += kDepth * kColumns) {
    const v128_t b0 = LoadEight(panel);
    const v128_t b1 = LoadEight(panel + kColumns);
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const v128_t pair = wasm_v128_load32_splat(rows[r] + i);
      acc[r][0] = wasm_i32x4_add(acc[r][0], wasm_i32x4_dot_i16x8(pair, b0));
      acc[r][1] = wasm_i32x4_add(acc[r][1], wasm_i32x4_dot_i16x8(pair, b1));
    }
  }
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < 2; ++v) wasm_v128_store(result + r * kColumns + 4 * v, acc[r][v]);
  }
}

template <typename Element>
void TilesOf(const I8GemmTiles& t) {
  size_t r = 0;
  for (; r + kRows <= t.rows; r += kRows) Tile<kRows, Element>(t, r);
  switch (t.rows - r) {
    case 1:
      return Tile<1, Element>(t, r);
    case 2:
      return Tile<2, Element>(t, r);
    case 3:
      return Tile<3, Element>(t, r);
    default:
      return;
  }
}

void Tiles(const I8GemmTiles& t) { t.panel_is_wide ? TilesOf<int16_t>(t) : TilesOf<int8_t>(t); }

template <bool kSigned>
void WidenAll(size_t n, const uint8_t* from, int16_t* to) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v128_t bytes = wasm_v128_load(from + i);
    wasm_v128_store(
        to + i, kSigned ? wasm_i16x8_extend_low_i8x16(bytes) : wasm_u16x8_extend_low_u8x16(bytes));
    wasm_v128_store(to + i + 8, kSigned ? wasm_i16x8_extend_high_i8x16(bytes)
                                        : wasm_u16x8_extend_high_u8x16(bytes));
  }
  for (; i < n; ++i) to[i] = kSigned ? static_cast<int8_t>(from[i]) : from[i];
}

void Widen(size_t n, const uint8_t* from, bool is_signed, int16_t* to) {
  is_signed ? WidenAll<true>(n, from, to) : WidenAll<false>(n, from, to);
}

bool Flips(bool) { return false; }

}  // namespace

const I8GemmKernel i8_gemm_simd128_4x8c2 = {
    .rows = kRows,
    .columns = kColumns,
    .depth = kDepth,
    .depth_block = kDepth,
    .cost = 1,
    .wide = true,
    .tiles = Tiles,
    .widen = Widen,
    .flips = Flips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

}  // namespace quantab::kernels
