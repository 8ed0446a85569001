// Blocks of 8x8 bytes, 4x4 four-byte and 2x2 eight-byte elements, and of 3x16 bytes for the planes
// of a picture; what is left over, and other sizes, element by element.
#include <algorithm>
#include <cstring>

#include "core/base/simd.h"
#include "core/kernels/transpose/transpose.h"

namespace quantab::kernels {
namespace {

// In calls below, parentheses around Interleave<..> hide its comma from the macros SIMDe defines.

// Interleaves the low (kHigh: high) halves of a and b by elements of kBytes.
template <int kBytes, bool kHigh>
v128_t Interleave(v128_t a, v128_t b) {
  if constexpr (kBytes == 1 && !kHigh) {
    return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  } else if constexpr (kBytes == 2) {
    return kHigh ? wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
                 : wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  } else if constexpr (kBytes == 4) {
    return kHigh ? wasm_i32x4_shuffle(a, b, 2, 6, 3, 7) : wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
  } else {
    static_assert(kBytes == 8);
    return kHigh ? wasm_i64x2_shuffle(a, b, 1, 3) : wasm_i64x2_shuffle(a, b, 0, 2);
  }
}

struct Bytes1 {
  static constexpr size_t kSize = 1;
  static constexpr size_t kBlock = 8;
  static void Block(const uint8_t* x, size_t x_row, uint8_t* y, size_t y_row) {
    v128_t rows[8];
    QUANTAB_UNROLL
    for (int r = 0; r < 8; ++r) rows[r] = wasm_v128_load64_zero(x + r * x_row);
    v128_t pairs[4];
    QUANTAB_UNROLL
    for (int i = 0; i < 4; ++i) pairs[i] = Interleave<1, false>(rows[2 * i], rows[2 * i + 1]);
    // Columns 0-3 and 4-7 of rows 0-3, then of rows 4-7.
    const v128_t top_low = Interleave<2, false>(pairs[0], pairs[1]);
    const v128_t top_high = Interleave<2, true>(pairs[0], pairs[1]);
    const v128_t bottom_low = Interleave<2, false>(pairs[2], pairs[3]);
    const v128_t bottom_high = Interleave<2, true>(pairs[2], pairs[3]);
    const v128_t columns[4] = {
        Interleave<4, false>(top_low, bottom_low), Interleave<4, true>(top_low, bottom_low),
        Interleave<4, false>(top_high, bottom_high), Interleave<4, true>(top_high, bottom_high)};
    QUANTAB_UNROLL
    for (int i = 0; i < 4; ++i) {
      wasm_v128_store64_lane(y + 2 * i * y_row, columns[i], 0);
      wasm_v128_store64_lane(y + (2 * i + 1) * y_row, columns[i], 1);
    }
  }
};

struct Bytes4 {
  static constexpr size_t kSize = 4;
  static constexpr size_t kBlock = 4;
  static void Block(const uint8_t* x, size_t x_row, uint8_t* y, size_t y_row) {
    const v128_t r0 = wasm_v128_load(x);
    const v128_t r1 = wasm_v128_load(x + x_row);
    const v128_t r2 = wasm_v128_load(x + 2 * x_row);
    const v128_t r3 = wasm_v128_load(x + 3 * x_row);
    const v128_t low02 = Interleave<4, false>(r0, r2);
    const v128_t high02 = Interleave<4, true>(r0, r2);
    const v128_t low13 = Interleave<4, false>(r1, r3);
    const v128_t high13 = Interleave<4, true>(r1, r3);
    wasm_v128_store(y, (Interleave<4, false>(low02, low13)));
    wasm_v128_store(y + y_row, (Interleave<4, true>(low02, low13)));
    wasm_v128_store(y + 2 * y_row, (Interleave<4, false>(high02, high13)));
    wasm_v128_store(y + 3 * y_row, (Interleave<4, true>(high02, high13)));
  }
};

struct Bytes8 {
  static constexpr size_t kSize = 8;
  static constexpr size_t kBlock = 2;
  static void Block(const uint8_t* x, size_t x_row, uint8_t* y, size_t y_row) {
    const v128_t r0 = wasm_v128_load(x);
    const v128_t r1 = wasm_v128_load(x + x_row);
    wasm_v128_store(y, (Interleave<8, false>(r0, r1)));
    wasm_v128_store(y + y_row, (Interleave<8, true>(r0, r1)));
  }
};

// Sizes without a vector block.
template <size_t kBytes>
struct Single {
  static constexpr size_t kSize = kBytes;
  static constexpr size_t kBlock = 1;
  static void Block(const uint8_t* x, size_t, uint8_t* y, size_t) { std::memcpy(y, x, kBytes); }
};

template <size_t kSize>
void ByElement(size_t rows, size_t columns, const uint8_t* x, size_t x_row, uint8_t* y,
               size_t y_row) {
  for (size_t c = 0; c < columns; ++c) {
    for (size_t r = 0; r < rows; ++r) {
      std::memcpy(y + c * y_row + r * kSize, x + r * x_row + c * kSize, kSize);
    }
  }
}

// Steps in bytes. Squares of 64 elements keep both sides in the first-level cache.
template <typename Kind>
void Blocked(size_t rows, size_t columns, const uint8_t* x, size_t x_row, uint8_t* y,
             size_t y_row) {
  constexpr size_t kSize = Kind::kSize;
  constexpr size_t kBlock = Kind::kBlock;
  constexpr size_t kSquare = 64;
  const size_t whole_rows = rows / kBlock * kBlock;
  const size_t whole_columns = columns / kBlock * kBlock;
  for (size_t r0 = 0; r0 < whole_rows; r0 += kSquare) {
    const size_t r_end = std::min(whole_rows, r0 + kSquare);
    for (size_t c0 = 0; c0 < whole_columns; c0 += kSquare) {
      const size_t c_end = std::min(whole_columns, c0 + kSquare);
      for (size_t c = c0; c < c_end; c += kBlock) {
        for (size_t r = r0; r < r_end; r += kBlock) {
          Kind::Block(x + r * x_row + c * kSize, x_row, y + c * y_row + r * kSize, y_row);
        }
      }
    }
  }
  ByElement<kSize>(rows, columns - whole_columns, x + whole_columns * kSize, x_row,
                   y + whole_columns * y_row, y_row);
  ByElement<kSize>(rows - whole_rows, whole_columns, x + whole_rows * x_row, x_row,
                   y + whole_rows * kSize, y_row);
}

// Three rows of bytes that become runs of three without gaps.
void ThreePlanes(size_t columns, const uint8_t* x, size_t x_row, uint8_t* y) {
  const size_t whole = columns / 16 * 16;
  for (size_t c = 0; c < whole; c += 16) {
    const v128_t a = wasm_v128_load(x + c);
    const v128_t b = wasm_v128_load(x + x_row + c);
    const v128_t d = wasm_v128_load(x + 2 * x_row + c);
    const v128_t ab0 =
        wasm_i8x16_shuffle(a, b, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const v128_t ab1 =
        wasm_i8x16_shuffle(a, b, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const v128_t ab2 =
        wasm_i8x16_shuffle(a, b, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    uint8_t* to = y + 3 * c;
    wasm_v128_store(
        to, wasm_i8x16_shuffle(ab0, d, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    wasm_v128_store(to + 16, wasm_i8x16_shuffle(ab1, d, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12,
                                                25, 14, 15));
    wasm_v128_store(to + 32, wasm_i8x16_shuffle(ab2, d, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11,
                                                30, 13, 14, 31));
  }
  ByElement<1>(3, columns - whole, x + whole, x_row, y + 3 * whole, 3);
}

void Swap(size_t rows, size_t columns, size_t element_size, const void* x, size_t x_row, void* y,
          size_t y_row) {
  const auto* from = static_cast<const uint8_t*>(x);
  auto* to = static_cast<uint8_t*>(y);
  const size_t from_row = x_row * element_size;
  const size_t to_row = y_row * element_size;
  switch (element_size) {
    case 1:
      if (rows == 3 && y_row == 3) return ThreePlanes(columns, from, from_row, to);
      return Blocked<Bytes1>(rows, columns, from, from_row, to, to_row);
    case 2:
      return Blocked<Single<2>>(rows, columns, from, from_row, to, to_row);
    case 4:
      return Blocked<Bytes4>(rows, columns, from, from_row, to, to_row);
    case 8:
      return Blocked<Bytes8>(rows, columns, from, from_row, to, to_row);
    default:
      return Blocked<Single<16>>(rows, columns, from, from_row, to, to_row);
  }
}

}  // namespace

const TransposeKernel transpose_simd128 = {Swap};

}  // namespace quantab::kernels
