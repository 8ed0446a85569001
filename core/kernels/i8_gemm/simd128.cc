// 4 rows x 8 columns, k by pairs: bytes are widened to 16 bits and multiplied exactly, two k at a
// time, by the 16-bit dot product. 8 accumulators, 2 vectors of B, 4 of A.
#include "core/base/simd.h"
#include "core/kernels/i8_gemm/finish.h"
#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels {
namespace {

constexpr size_t kRows = 4;
constexpr size_t kColumns = 8;
constexpr size_t kDepthBlock = 8;

template <bool kSigned>
v128_t Widen(const uint8_t* a) {
  return kSigned ? wasm_i16x8_load8x8(a) : wasm_u16x8_load8x8(a);
}

// The products of two k (lanes 2 * kPair and 2 * kPair + 1 of each row) with 8 columns.
template <int kTileRows, int kPair>
void Pair(const v128_t* a, const int8_t* panel, v128_t acc[][2]) {
  const v128_t b0 = wasm_i16x8_load8x8(panel + 16 * kPair);
  const v128_t b1 = wasm_i16x8_load8x8(panel + 16 * kPair + 8);
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    const v128_t pair = wasm_i32x4_shuffle(a[r], a[r], kPair, kPair, kPair, kPair);
    acc[r][0] = wasm_i32x4_add(acc[r][0], wasm_i32x4_dot_i16x8(pair, b0));
    acc[r][1] = wasm_i32x4_add(acc[r][1], wasm_i32x4_dot_i16x8(pair, b1));
  }
}

template <int kTileRows>
void Block(const v128_t* a, const int8_t* panel, v128_t acc[][2]) {
  Pair<kTileRows, 0>(a, panel, acc);
  Pair<kTileRows, 1>(a, panel, acc);
  Pair<kTileRows, 2>(a, panel, acc);
  Pair<kTileRows, 3>(a, panel, acc);
}

template <int kTileRows, bool kSigned>
void TileOf(size_t k, const uint8_t* a, size_t lda, const int8_t* panel, int32_t* result) {
  v128_t acc[kTileRows][2];
  const uint8_t* rows[kTileRows];
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    acc[r][0] = acc[r][1] = wasm_i32x4_splat(0);
    rows[r] = a + r * lda;
  }
  v128_t values[kTileRows];
  size_t i = 0;
  for (; i + kDepthBlock <= k; i += kDepthBlock, panel += kDepthBlock * kColumns) {
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) values[r] = Widen<kSigned>(rows[r] + i);
    Block<kTileRows>(values, panel, acc);
  }
  if (i < k) {
    QUANTAB_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const v128_t last =
          wasm_i64x2_splat(static_cast<int64_t>(i8_gemm_simd::LastBytes(rows[r], k, k - i)));
      values[r] = kSigned ? wasm_i16x8_extend_low_i8x16(last) : wasm_u16x8_extend_low_u8x16(last);
    }
    Block<kTileRows>(values, panel, acc);
  }
  QUANTAB_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    wasm_v128_store(result + r * kColumns, acc[r][0]);
    wasm_v128_store(result + r * kColumns + 4, acc[r][1]);
  }
}

template <bool kSigned>
void TileRows(size_t rows, size_t k, const uint8_t* a, size_t lda, const int8_t* panel,
              int32_t* acc) {
  switch (rows) {
    case 1:
      return TileOf<1, kSigned>(k, a, lda, panel, acc);
    case 2:
      return TileOf<2, kSigned>(k, a, lda, panel, acc);
    case 3:
      return TileOf<3, kSigned>(k, a, lda, panel, acc);
    default:
      return TileOf<4, kSigned>(k, a, lda, panel, acc);
  }
}

void Tile(size_t rows, size_t k, const uint8_t* a, size_t lda, bool a_signed, const int8_t* panel,
          int32_t* acc) {
  if (a_signed) {
    TileRows<true>(rows, k, a, lda, panel, acc);
  } else {
    TileRows<false>(rows, k, a, lda, panel, acc);
  }
}

bool Flips(bool) { return false; }

}  // namespace

const I8GemmKernel i8_gemm_simd128_4x8c2 = {
    .rows = kRows,
    .columns = kColumns,
    .depth = 2,
    .depth_block = kDepthBlock,
    .cost = 1,
    .tile = Tile,
    .flips = Flips,
    .row_sum = i8_gemm_simd::RowSum,
    .finish = i8_gemm_simd::Finish,
};

}  // namespace quantab::kernels
