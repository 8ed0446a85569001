// Kernel family `im2col`: the windows of a convolution, laid out as a matrix.
//
// Element (p, j) of the matrix is the input under tap j of output pixel p, or the pad value outside
// the input:
//   p = (od * OH + oh) * OW + ow,   input position = o * stride + k * dilation - pad in each
//   dimension.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_IM2COL_H_
#define QUANTAB_CORE_KERNELS_IM2COL_IM2COL_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernels/bytes.h"
#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// A convolution's or a pooling's geometry. Spatial arrays are {depth, height, width}: a 2-D
// operator leaves index 0 at its default, a 1-D one 0 and 1.
//
// In every dimension the padded input and what the windows reach, (out - 1) * stride + (kernel - 1)
// * dilation + 1, are less than 2^31. Their products saturate (bytes.h).
struct ConvShape {
  size_t batch = 1;
  size_t groups = 1;
  size_t in_channels = 1;   // all groups together; a multiple of groups
  size_t out_channels = 1;  // likewise
  std::array<size_t, 3> in = {1, 1, 1};
  std::array<size_t, 3> kernel = {1, 1, 1};
  std::array<size_t, 3> out = {1, 1, 1};
  std::array<size_t, 3> stride = {1, 1, 1};
  std::array<size_t, 3> dilation = {1, 1, 1};
  std::array<size_t, 3> pad = {0, 0, 0};  // at the beginning; the end's follows from `out`

  size_t InPixels() const { return SaturatingMul(in[0], in[1], in[2]); }
  size_t OutPixels() const { return SaturatingMul(out[0], out[1], out[2]); }
  size_t Taps() const { return SaturatingMul(kernel[0], kernel[1], kernel[2]); }
};

// out = floor((in + pad_begin + pad_end - dilation * (kernel - 1) - 1) / stride) + 1, or 0 when the
// kernel does not fit.
size_t ConvOutSize(size_t in, size_t kernel, size_t stride, size_t dilation, size_t pad_begin,
                   size_t pad_end);

// Channels-first floats to the packed B of f32_gemm (f32_gemm.h): columns are the output pixels
// [first, first + count), rows are j = (c * KD + kd) * KH * KW + kh * KW + kw for the `channels`
// planes that start at x, InPixels() apart. packed: F32GemmPackedBytes(count, channels * Taps())
// bytes; columns beyond `count` become 0.
void Im2colF32Packed(const ConvShape& shape, size_t channels, const float* x, float pad_value,
                     size_t first, size_t count, float* packed);

// Channels-last bytes (signed or not) to rows: row p - first is the window of pixel p, j = (kd, kh,
// kw, c) with c fastest. x: the first byte of the group's channels of pixel 0; pixels are x_stride
// bytes apart; `channels` bytes are taken of each. rows: count * Taps() * channels bytes.
void Im2colBytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
                     uint8_t pad_value, size_t first, size_t count, uint8_t* rows);

// One kernel of the family.
struct Im2colKernel {
  void (*f32_packed)(const ConvShape& shape, size_t channels, const float* x, float pad_value,
                     size_t first, size_t count, float* packed);
  void (*bytes_rows)(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
                     uint8_t pad_value, size_t first, size_t count, uint8_t* rows);
};

extern KernelFamily im2col_family;
#define QUANTAB_KERNEL(name, needs) extern const Im2colKernel name;
#include "core/kernels/im2col/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_IM2COL_H_
