// 2 rows x 24 or 16 columns, k by fours, with the relaxed int8 dot product: 12 or 8 accumulators,
// one vector of B and two splats of A. B is the signed first operand. The second operand is A, in
// the signedness the machine takes (dispatch.h): when A has the other one, flipping its top bits
// shifts every value by 128, as its zero point is.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/finish_simd.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/relaxed_dot.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 2;
constexpr size_t kDepth = 4;

// kTileRows rows from row `first` on: `start[v]` is what the sums of four columns begin with,
// `store(row, sums)` takes those of a row.
template <int kTileRows, int kVectors, bool kFlip, typename Start, typename Store>
void Tile(const I8GemmTiles& t, size_t first, const Start& start, const Store& store) {
  const bool in_parts = t.parts.part != nullptr;
  const size_t parts = in_parts ? t.parts.count : 1;
  const size_t k = in_parts ? t.parts.bytes : t.k;
  const auto* panel = static_cast<const int8_t*>(t.panel);
  v128_t acc[kTileRows][kVectors];
  const uint8_t* rows[kTileRows];
  const v128_t top_bits = wasm_i8x16_splat(-128);
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    rows[r] = in_parts ? t.parts.part[(first + r) * parts]
                       : static_cast<const uint8_t*>(t.a) + (first + r) * t.lda;
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v] = start(v);
  }
  v128_t values[kTileRows];
  const auto step = [&] {
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      if (kFlip) values[r] = wasm_v128_xor(values[r], top_bits);
    }
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t b = wasm_v128_load(panel + 16 * v);
      QUANTAB_UNROLL
      for (int r = 0; r < kTileRows; ++r) acc[r][v] = RelaxedDotAdd(b, values[r], acc[r][v]);
    }
    panel += 16 * kVectors;
  };
  for (size_t part = 0;;) {
    size_t i = 0;
    for (; i + kDepth <= k; i += kDepth) {
      QUANTAB_UNROLL
      for (int r = 0; r < kTileRows; ++r) values[r] = wasm_v128_load32_splat(rows[r] + i);
      step();
    }
    if (i < k) {
      QUANTAB_UNROLL
      for (int r = 0; r < kTileRows; ++r) {
        values[r] =
            wasm_i32x4_splat(static_cast<int32_t>(i8_gemm_simd::LastBytes(rows[r], k, k - i)));
      }
      step();
    }
    if (++part == parts) break;
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) rows[r] = t.parts.part[(first + r) * parts + part];
  }
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) store(first + r, acc[r]);
}

template <int kVectors, bool kFlip, typename Start, typename Store>
void TilesOf(const I8GemmTiles& t, const Start& start, const Store& store) {
  size_t r = 0;
  for (; r + kRows <= t.rows; r += kRows) Tile<kRows, kVectors, kFlip>(t, r, start, store);
  if (r < t.rows) Tile<1, kVectors, kFlip>(t, r, start, store);
}

template <int kVectors, typename Start, typename Store>
void AnyTiles(const I8GemmTiles& t, const Start& start, const Store& store) {
  RelaxedDotFlips(t.a_signed) ? TilesOf<kVectors, true>(t, start, store)
                              : TilesOf<kVectors, false>(t, start, store);
}

template <int kVectors>
void Tiles(const I8GemmTiles& t) {
  AnyTiles<kVectors>(
      t, [](int) { return wasm_i32x4_splat(0); },
      [&](size_t row, const v128_t(&sums)[kVectors]) {
        QUANTAB_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          wasm_v128_store(t.acc + 4 * (row * kVectors + v), sums[v]);
        }
      });
}

template <int kVectors>
void FinishedTiles(const I8GemmTiles& t, const I8GemmFinish& finish, void* y, size_t y_row) {
  i8_gemm_simd::WithOut(finish, [&](const auto& out) {
    const size_t step = y_row * out.kElement;
    AnyTiles<kVectors>(
        t, [&](int v) { return wasm_v128_load(finish.base + 4 * v); },
        [&](size_t row, const v128_t(&sums)[kVectors]) {
          out.template Store<kVectors>(sums, row, static_cast<uint8_t*>(y) + row * step);
        });
  });
}

}  // namespace

// Costs: the 8 accumulators of 16 columns sit at the latency bound of the dot product, the 12 of 24
// columns are past it.
const I8GemmKernel i8_gemm_relaxed_2x16c4 = {
    .rows = kRows,
    .columns = 16,
    .depth = kDepth,
    .depth_block = kDepth,
    .cost = 1.12,
    .wide = false,
    .tiles = Tiles<4>,
    .finished_tiles = FinishedTiles<4>,
    .widen = nullptr,
    .flips = RelaxedDotFlips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
    .add = i8_gemm_simd::Add,
};

const I8GemmKernel i8_gemm_relaxed_2x24c4 = {
    .rows = kRows,
    .columns = 24,
    .depth = kDepth,
    .depth_block = kDepth,
    .cost = 1,
    .wide = false,
    .tiles = Tiles<6>,
    .finished_tiles = FinishedTiles<6>,
    .widen = nullptr,
    .flips = RelaxedDotFlips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
    .add = i8_gemm_simd::Add,
};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
