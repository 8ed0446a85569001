// 2 rows x 24 or 16 columns, k by fours, with the relaxed int8 dot product: 12 or 8 accumulators,
// one vector of B and two splats of A. B is the signed first operand. The second operand is A, in
// the signedness the machine takes (dispatch.h): when A has the other one, flipping its top bits
// shifts every value by 128, as its zero point is.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/i8_gemm.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 2;
constexpr size_t kDepth = 4;

bool Flips(bool a_signed) {
  const RelaxedDot dot = ThisMachinesDot();
  const bool takes_unsigned = dot == RelaxedDot::kUnsigned || dot == RelaxedDot::kSaturating;
  return a_signed == takes_unsigned;
}

template <int kTileRows, int kVectors, bool kFlip>
void TileOf(size_t k, const uint8_t* a, size_t lda, const int8_t* panel, int32_t* result) {
  v128_t acc[kTileRows][kVectors];
  const uint8_t* rows[kTileRows];
  const v128_t top_bits = wasm_i8x16_splat(-128);
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    rows[r] = a + r * lda;
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v] = wasm_i32x4_splat(0);
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

template <int kVectors>
void Tile(size_t rows, size_t k, const uint8_t* a, size_t lda, bool a_signed, const int8_t* panel,
          int32_t* acc) {
  const bool flip = Flips(a_signed);
  if (rows == 1) {
    return flip ? TileOf<1, kVectors, true>(k, a, lda, panel, acc)
                : TileOf<1, kVectors, false>(k, a, lda, panel, acc);
  }
  return flip ? TileOf<2, kVectors, true>(k, a, lda, panel, acc)
              : TileOf<2, kVectors, false>(k, a, lda, panel, acc);
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
    .tile = Tile<4>,
    .flips = Flips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

const I8GemmKernel i8_gemm_relaxed_2x24c4 = {
    .rows = kRows,
    .columns = 24,
    .depth = kDepth,
    .depth_block = kDepth,
    .cost = 1,
    .tile = Tile<6>,
    .flips = Flips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
