// 4 rows x 8 columns, k by pairs: 16-bit values are multiplied exactly, two k at a time, by the
// 16-bit dot product. 8 accumulators, 2 vectors of B, one splat of A at a time: no shuffles, and
// all of it in registers.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/finish_simd.h"
#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 4;
constexpr size_t kColumns = 8;
constexpr size_t kDepth = 2;

v128_t LoadEight(const int8_t* from) { return wasm_i16x8_load8x8(from); }
v128_t LoadEight(const int16_t* from) { return wasm_v128_load(from); }

// kTileRows rows from row `first` on: `start(row, v)` is what the sums of four columns begin with,
// `store(row, sums)` takes those of a row.
template <int kTileRows, typename Element, typename Start, typename Store>
void Tile(const I8GemmTiles& t, size_t first, const Start& start, const Store& store) {
  const auto* panel = static_cast<const Element*>(t.panel);
  v128_t acc[kTileRows][2];
  const int16_t* rows[kTileRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    rows[r] = static_cast<const int16_t*>(t.a) + (first + r) * t.lda;
    acc[r][0] = start(first + r, 0);
    acc[r][1] = start(first + r, 1);
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
  for (int r = 0; r < kTileRows; ++r) store(first + r, acc[r]);
}

template <typename Element, typename Start, typename Store>
void TilesOf(const I8GemmTiles& t, const Start& start, const Store& store) {
  size_t r = 0;
  for (; r + kRows <= t.rows; r += kRows) Tile<kRows, Element>(t, r, start, store);
  switch (t.rows - r) {
    case 1:
      return Tile<1, Element>(t, r, start, store);
    case 2:
      return Tile<2, Element>(t, r, start, store);
    case 3:
      return Tile<3, Element>(t, r, start, store);
    default:
      return;
  }
}

template <typename Start, typename Store>
void AnyTiles(const I8GemmTiles& t, const Start& start, const Store& store) {
  t.panel_is_wide ? TilesOf<int16_t>(t, start, store) : TilesOf<int8_t>(t, start, store);
}

void Tiles(const I8GemmTiles& t) {
  AnyTiles(
      t,
      [&](size_t row, int v) {
        return t.add ? wasm_v128_load(t.acc + row * kColumns + 4 * v) : wasm_i32x4_splat(0);
      },
      [&](size_t row, const v128_t(&sums)[2]) {
        wasm_v128_store(t.acc + row * kColumns, sums[0]);
        wasm_v128_store(t.acc + row * kColumns + 4, sums[1]);
      });
}

void FinishedTiles(const I8GemmTiles& t, const I8GemmFinish& finish, void* y, size_t y_row) {
  i8_gemm_simd::WithOut(finish, [&](const auto& out) {
    const size_t step = y_row * out.kElement;
    AnyTiles(
        t, [&](size_t, int v) { return wasm_v128_load(finish.base + 4 * v); },
        [&](size_t row, const v128_t(&sums)[2]) {
          out.template Store<2>(sums, row, static_cast<uint8_t*>(y) + row * step);
        });
  });
}

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
    .finished_tiles = FinishedTiles,
    .widen = Widen,
    .flips = Flips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
    .add = i8_gemm_simd::Add,
};

}  // namespace quantab::kernels
