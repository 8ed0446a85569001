// 2 rows x 24 or 16 columns, k by fours, with the relaxed int8 dot product: 12 or 8 accumulators,
// one vector of B and two splats of A. B is the signed first operand. The second operand is A, in
// the signedness the machine takes (dispatch.h): when A has the other one, flipping its top bits
// shifts every value by 128, as its zero point is.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/relaxed_dot.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 2;
constexpr size_t kDepth = 4;

// kTileRows rows from row `first` on.
template <int kTileRows, int kVectors, bool kFlip>
void Tile(const I8GemmTiles& t, size_t first) {
  const size_t k = t.k;
  int32_t* result = t.acc + first * 4 * kVectors;
  const auto* panel = static_cast<const int8_t*>(t.panel);
  v128_t acc[kTileRows][kVectors];
  const uint8_t* rows[kTileRows];
  const v128_t top_bits = wasm_i8x16_splat(-128);
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    rows[r] = static_cast<const uint8_t*>(t.a) + (first + r) * t.lda;
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] = t.add ? wasm_v128_load(result + 4 * (r * kVectors + v)) : wasm_i32x4_splat(0);
    }
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
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      wasm_v128_store(result + 4 * (r * kVectors + v), acc[r][v]);
    }
  }
}

template <int kVectors, bool kFlip>
void TilesOf(const I8GemmTiles& t) {
  size_t r = 0;
  for (; r + kRows <= t.rows; r += kRows) Tile<kRows, kVectors, kFlip>(t, r);
  if (r < t.rows) Tile<1, kVectors, kFlip>(t, r);
}

template <int kVectors>
void Tiles(const I8GemmTiles& t) {
  RelaxedDotFlips(t.a_signed) ? TilesOf<kVectors, true>(t) : TilesOf<kVectors, false>(t);
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
    .widen = nullptr,
    .flips = RelaxedDotFlips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

const I8GemmKernel i8_gemm_relaxed_2x24c4 = {
    .rows = kRows,
    .columns = 24,
    .depth = kDepth,
    .depth_block = kDepth,
    .cost = 1,
    .wide = false,
    .tiles = Tiles<6>,
    .widen = nullptr,
    .flips = RelaxedDotFlips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
