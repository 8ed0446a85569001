// Kernel family `i8_depthwise`: 8-bit depthwise convolution of channels-last images, one output
// channel for each input channel, exact on every machine and input.
//
//   acc[p,c] = sum over taps of (w[c,tap] - w_zero[c]) * (x[window(p, tap), c] - x_zero)
//
// with x_zero outside the input (geometry: im2col.h), then a result as in i8_gemm.h, with channels
// for columns.
//
// An output row is made 8 channels at a time. The input rows under it are first laid together,
// `depth` rows to a group, so that the values under one column of the window are the operands of a
// dot product:
//   values[group][pixel][channel][row of the group]
// and each output pixel is then a sum of such products, one for each group and column. Windows of 3
// x 3 go without that memory (band3).
#ifndef QUANTAB_CORE_KERNELS_I8_DEPTHWISE_I8_DEPTHWISE_H_
#define QUANTAB_CORE_KERNELS_I8_DEPTHWISE_I8_DEPTHWISE_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// Channels in a block: fewer than that are not for this family.
inline constexpr size_t kI8DepthwiseChannels = 8;

// Whether it takes that shape: as many groups, input and output channels, 8 of them or more.
bool IsI8Depthwise(const ConvShape& shape);

// Weights [channels, 1, KD, KH, KW] and zero points as in i8_conv.h.
struct I8DepthwiseWeights {
  const uint8_t* data = nullptr;
  bool is_signed = true;
  const int32_t* zero = nullptr;  // or null
  size_t zero_stride = 0;
};

// As I8ConvPackedBytes, I8ConvScratchBytes and I8ConvPack.
size_t I8DepthwisePackedBytes(const ConvShape& shape);
size_t I8DepthwiseScratchBytes(const ConvShape& shape);
void I8DepthwisePack(const ConvShape& shape, const I8DepthwiseWeights& weights, void* packed);

// One image: x is [D, H, W, channels] and y [OD, OH, OW, channels]. The rest as for I8Conv.
void I8Depthwise(const ConvShape& shape, const uint8_t* x, bool x_signed, int32_t x_zero,
                 const void* packed, uint8_t* y, void* scratch, const I8GemmEpilogue& epilogue);

// A row of the input under an output row, or padding.
struct I8DepthwiseRow {
  const uint8_t* first;
  size_t step;  // bytes from pixel to pixel
};

// Output rows of 3 x 3 windows over neighbouring columns. The first `before` columns under them lie
// outside the input, the next `inside` in it and the others outside again.
struct I8DepthwiseBand3 {
  size_t count;                 // output rows
  const I8DepthwiseRow* under;  // the first three are under the first output row
  size_t under_step;            // from output row to output row
  size_t n;                     // windows in an output row
  size_t stride;                // 1 or 2
  size_t before;
  size_t inside;
  size_t column;           // of the input, that is the first inside
  const uint8_t* padding;  // for each channel
  bool is_signed;
  size_t y_step;  // elements from result to result
};

// One kernel of the family.
struct I8DepthwiseKernel {
  size_t depth;         // rows of a group: 2 or 4
  bool narrow_weights;  // weights less their zero points must fit int8 rather than int16
  // values[(i * 8 + c) * depth + r] = rows[r][i * steps[r] + c], 0 <= i < n, c < 8, r < depth; in
  // whatever element and order `accumulate` reads, 32 bytes for each i. The first row is there;
  // from some row on they may be null, for values that count for nothing: their weights are 0.
  // values: aligned to 16.
  void (*interleave)(size_t n, const uint8_t* const* rows, const size_t* steps, bool is_signed,
                     void* values);
  // acc[i * 8 + c] = sum over t < terms of the products of `w`'s term t (32 bytes each) and the
  // values at offsets[t] + i * step bytes, 0 <= i < n. All aligned to 16.
  void (*accumulate)(size_t n, size_t terms, const uint8_t* values, const size_t* offsets,
                     size_t step, const void* w, int32_t* acc);
  // Null, or: the results of 8 channels of such rows, of which `channel` is the first, from all
  // their terms' weights. finish.out is not kInt32. y: where the first goes.
  void (*band3)(const I8DepthwiseBand3& band, size_t channel, const void* w,
                const I8GemmFinish& finish, void* y);
  // Writes one term's weights: w[c * depth + r] for 8 channels, within int8 when narrow.
  void (*pack)(const int16_t* w, void* term);
  // As in i8_gemm.h.
  bool (*flips)(bool x_signed);
};

inline constexpr size_t kI8DepthwiseTermBytes = 32;
inline constexpr size_t kI8DepthwiseMaxDepth = 4;

extern KernelFamily i8_depthwise_family;
#define QUANTAB_KERNEL(name, needs) extern const I8DepthwiseKernel name;
#include "core/kernels/i8_depthwise/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_I8_DEPTHWISE_I8_DEPTHWISE_H_
