// Kernel family `i8_gemm`: 8-bit matrix product, exact on every machine and input.
//
//   acc[m,n] = sum over k of (A[m,k] - a_zero) * (B[k,n] - b_zero[n])      in int32, modulo 2^32
//
// then one of three results:
//   kInt32        C[m,n] = acc + bias[n]
//   kRequantize   C[m,n] = saturate(round_half_even(float(acc + bias[n]) * scale[n]) + out_zero),
//   as u8 or s8: the formula
//                 of ONNX Runtime's QLinearMatMul and QLinearConv, where scale[n] = a_scale *
//                 b_scale[n] / out_scale
//   kDequantize   C[m,n] = float(acc + bias[n]) * (row_scale[m] * scale[n]) + float_bias[n],
//                 limited to low ... high; or so is the sum of that and an addend
//
// B is packed beforehand (signed, whatever it came as) with its column sums. A is used as it lies,
// or, where the kernel multiplies 16-bit values, widened a block of rows at a time.
// Tiles: 4x8c2 (plain SIMD, 16-bit products), 2x24c4 and 2x16c4 (relaxed SIMD, 8-bit dot product).
#ifndef QUANTAB_CORE_KERNELS_I8_GEMM_I8_GEMM_H_
#define QUANTAB_CORE_KERNELS_I8_GEMM_I8_GEMM_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/kernels/dispatch.h"
#include "core/kernels/quantize/quantize.h"

namespace quantab::kernels {

// B and how to read it: element (k, n) at data[k * k_stride + n * n_stride]; or, when k_inner is
// not 0, at data[(k / k_inner) * k_outer_stride + (k % k_inner) * k_stride + n * n_stride].
struct I8GemmB {
  const void* data = nullptr;
  bool is_signed = false;
  size_t k_stride = 0;
  size_t n_stride = 0;
  size_t k_inner = 0;
  size_t k_outer_stride = 0;
  // Zero point of each column, or of all: zero[n * zero_stride], zero_stride 0 or 1, in B's own
  // range. Null means 0.
  const int32_t* zero = nullptr;
  size_t zero_stride = 0;
};

// Bytes that I8GemmPack writes for a K x N matrix, whichever kernel is chosen. SIZE_MAX when they
// are more (bytes.h).
size_t I8GemmPackedBytes(size_t n, size_t k);

// Packs B for the kernel chosen now; the packed bytes name it, so a later change of choice does not
// matter. packed: I8GemmPackedBytes(n, k) bytes, aligned to 16; not overlapping B. It holds an
// address of this process: it may be moved in memory but not stored in a file.
void I8GemmPack(size_t n, size_t k, const I8GemmB& b, void* packed);

enum class I8GemmOut : uint8_t { kInt32, kRequantize, kDequantize };

struct I8GemmEpilogue {
  I8GemmOut out = I8GemmOut::kInt32;
  const int32_t* bias = nullptr;  // N values, or null
  // kRequantize, kDequantize: scale[n * scale_stride], scale_stride 0 (one for all) or 1.
  const float* scale = nullptr;
  size_t scale_stride = 0;
  // kRequantize.
  bool out_signed = false;
  int32_t out_zero = 0;  // in the output's range
  // kDequantize.
  const float* row_scale = nullptr;   // M values, or null for 1
  const float* float_bias = nullptr;  // N values, or null
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  SharedRange* range = nullptr;  // the results are added to it, unless null
  // Unless null: addend[i] is added to what goes to results[i], before it is limited.
  const float* addend = nullptr;
  const float* results = nullptr;
};

// Of a result.
inline size_t I8ElementBytes(I8GemmOut out) { return out == I8GemmOut::kRequantize ? 1 : 4; }

// The caller: A has M rows of K bytes, lda >= K apart; a_zero lies in A's range; `packed` came from
// I8GemmPack with the same N and K; C has M rows of N elements (int32, float or bytes by
// `epilogue.out`), ldc >= N elements apart, aligned to its element, and overlaps nothing else. M, N
// or K may be 0. Scales are finite.
void I8Gemm(size_t m, size_t n, size_t k, const void* a, bool a_signed, size_t lda, int32_t a_zero,
            const void* packed, void* c, size_t ldc, const I8GemmEpilogue& epilogue);

// Rows of A that lie in pieces: row m is the bytes at part[m * count], then those at
// part[m * count + 1] and so on, `count` parts of `bytes` bytes each, a multiple of 4.
struct I8GemmParts {
  const uint8_t* const* part = nullptr;
  size_t count = 1;
  size_t bytes = 0;
};

// The same for such an A: K is count * bytes.
void I8GemmOfParts(size_t m, size_t n, const I8GemmParts& a, bool a_signed, int32_t a_zero,
                   const void* packed, void* c, size_t ldc, const I8GemmEpilogue& epilogue);

// The same conversions on accumulators alone: n of them, with the bias and the scale of column
// `column` for all. y: n elements of the kind epilogue.out names. For kernels that make int32 by
// other means.
void I8EpilogueRow(size_t n, const int32_t* acc, size_t column, const I8GemmEpilogue& epilogue,
                   void* y);

// What is left to do with `rows` rows of n finished results, ldc elements apart: epilogue.addend
// and epilogue.range. For those who call `finish` themselves.
void I8Complete(const I8GemmEpilogue& epilogue, size_t rows, size_t n, void* c, size_t ldc);

// What turns accumulators into results, for rows of columns.
struct I8GemmFinish {
  const int32_t* base = nullptr;  // by column: added to each accumulator
  const int32_t* zero = nullptr;  // by column: zero[c] * row_sums[r] is subtracted; null for none
  const int32_t* row_sums = nullptr;  // by row; used with `zero`
  const float* scale = nullptr;       // by column
  const float* float_bias = nullptr;  // by column, or null
  const float* row_scale = nullptr;   // by row, or null for 1
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  I8GemmOut out = I8GemmOut::kInt32;
  bool out_signed = false;
  int32_t out_zero = 0;

  I8GemmFinish() = default;
  // What does not depend on columns and rows; limits are for I8Complete where it has to add first.
  explicit I8GemmFinish(const I8GemmEpilogue& epilogue)
      : out(epilogue.out), out_signed(epilogue.out_signed), out_zero(epilogue.out_zero) {
    if (epilogue.addend != nullptr) return;
    low = epilogue.low;
    high = epilogue.high;
  }
};

// The operands of tiles below each other: `rows` rows of A, lda elements apart or in parts, and a
// panel of B, over k values of k.
struct I8GemmTiles {
  size_t rows;
  size_t k;
  const void* a;  // bytes; int16 when the kernel is wide
  size_t lda;
  I8GemmParts parts;  // of bytes; looked at when parts.part is not null, which is never when wide
  bool a_signed;      // not looked at when the kernel is wide
  const void* panel;
  bool panel_is_wide;  // int16 rather than bytes; only when the kernel is wide
  bool add;            // to what acc holds, only when the kernel is wide; otherwise acc is set
  int32_t* acc;        // acc[r * columns + c] (+)= sum over k of A[r,k] * panel[k,c]
};

// One kernel of the family. Arithmetic on int32 is modulo 2^32.
struct I8GemmKernel {
  size_t rows;         // of a tile, at most 4
  size_t columns;      // of a panel, at most 24; columns * depth_block is a multiple of 16
  size_t depth;        // values of k that lie together in a panel, for each column in turn
  size_t depth_block;  // panels are padded with zeros to a multiple of this many k; a multiple of
                       // depth
  double cost;  // of one multiply-add, relative to the family's others, when the tile is full
  // A wide kernel takes A as int16, with zeros up to a multiple of depth_block in each row, and k
  // is that multiple.
  bool wide;
  void (*tiles)(const I8GemmTiles& tiles);
  // Null, or: the same and `finish` at once, for all columns of a panel. `acc` is not looked at;
  // finish.zero is null and finish.out not kInt32.
  void (*finished_tiles)(const I8GemmTiles& tiles, const I8GemmFinish& finish, void* y,
                         size_t y_row);
  // Wide kernels only: to[i] = from[i], 0 <= i < n. No overlap.
  void (*widen)(size_t n, const uint8_t* from, bool is_signed, int16_t* to);
  // True when `tiles`, on this machine, reads A of that signedness with every top bit flipped, as
  // the other signedness.
  bool (*flips)(bool a_signed);
  // Sum of k bytes.
  int32_t (*row_sum)(size_t k, const uint8_t* a, bool a_signed);
  // Finishes n columns of `rows` rows of accumulators, acc_row apart; y points at rows of elements
  // of the kind finish.out names, y_row of them apart.
  void (*finish)(size_t rows, size_t n, const int32_t* acc, size_t acc_row,
                 const I8GemmFinish& finish, void* y, size_t y_row);
  // y[i] = y[i] + z[i] limited to low ... high, 0 <= i < n; NaN stays. Returns the least and the
  // greatest result as MinMax does.
  FloatRange (*add)(size_t n, const float* z, float low, float high, float* y);
};

// `finish` of the chosen kernel, for accumulators made by other means.
void I8FinishRows(size_t rows, size_t n, const int32_t* acc, size_t acc_row,
                  const I8GemmFinish& finish, void* y, size_t y_row);

inline constexpr size_t kI8GemmMaxRows = 4;
inline constexpr size_t kI8GemmMaxColumns = 24;

extern KernelFamily i8_gemm_family;
#define QUANTAB_KERNEL(name, needs) extern const I8GemmKernel name;
#include "core/kernels/i8_gemm/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_I8_GEMM_I8_GEMM_H_
