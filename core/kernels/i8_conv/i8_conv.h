// Kernel family `i8_conv`: 8-bit convolution, exact on every machine and input; 1 to 3 spatial
// dimensions, any groups.
//
//   acc[b,o,p] = sum over c, taps of (w[o,c,tap] - w_zero[o]) * (x[b, group(o) * C/G + c, window(p,
//   tap)] - x_zero)
//
// with x_zero outside the input (geometry: im2col.h), then a result as in i8_gemm.h, with output
// channels for columns. Images have their channels first, [batch, channels, D, H, W], or last.
// Depthwise runs on planes when channels are first, and as i8_depthwise when they are last; others
// run channels-last as i8_gemm over blocks of output pixels.
#ifndef QUANTAB_CORE_KERNELS_I8_CONV_I8_CONV_H_
#define QUANTAB_CORE_KERNELS_I8_CONV_I8_CONV_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// Weights: [out_channels, in_channels / groups, KD, KH, KW], contiguous.
struct I8ConvWeights {
  const void* data = nullptr;
  bool is_signed = true;
  // zero[o * zero_stride], zero_stride 0 or 1, in the weights' own range. Null means 0.
  const int32_t* zero = nullptr;
  size_t zero_stride = 0;
};

// The order of dimensions of x and y.
enum class ChannelOrder : uint8_t { kFirst, kLast };

// Bytes I8ConvPack writes, and bytes of scratch I8Conv needs. They depend only on the shape and the
// order, scratch also on the number of threads (base/parallel.h), and are SIZE_MAX when they are
// more (bytes.h).
size_t I8ConvPackedBytes(const ConvShape& shape, ChannelOrder order);
size_t I8ConvScratchBytes(const ConvShape& shape, ChannelOrder order);

// Packs weights. packed: I8ConvPackedBytes bytes, aligned to 16 (see I8GemmPack).
void I8ConvPack(const ConvShape& shape, ChannelOrder order, const I8ConvWeights& weights,
                void* packed);

// The caller: x is [batch, in_channels, D, H, W] bytes and y [batch, out_channels, OD, OH, OW]
// (int32, float or bytes by `epilogue.out`), or both with channels last, contiguous; x_zero lies in
// x's range; `packed` came from I8ConvPack with the same order and shape (batch, in, out, stride
// and pad may differ). In `epilogue`, bias, scale and float_bias are by output channel, and
// row_scale is ignored; an addend is only for channels last. scratch: I8ConvScratchBytes bytes,
// aligned to 16. y and scratch overlap nothing else.
void I8Conv(const ConvShape& shape, ChannelOrder order, const void* x, bool x_signed,
            int32_t x_zero, const void* packed, void* y, void* scratch,
            const I8GemmEpilogue& epilogue);

// One kernel of the family: output rows of a depthwise convolution, over a padded plane of
// x - x_zero (im2col/plane.h).
struct I8ConvKernel {
  // For 0 <= r < rows, 0 <= i < n, modulo 2^32:
  //   acc[r * n + i] = sum over t of w[t] * x[r * x_row + offsets[t] + i]
  // All values lie within 9 bits and a sign; taps is even. Reads nothing of x but those elements.
  void (*rows)(size_t rows, size_t n, size_t taps, const int16_t* x, size_t x_row,
               const size_t* offsets, const int16_t* w, int32_t* acc);
  // to[i] = from[i * step] - zero, 0 <= i < n, from signed or not. No overlap.
  void (*centre)(size_t n, const uint8_t* from, bool is_signed, size_t step, int16_t zero,
                 int16_t* to);
};

extern KernelFamily i8_conv_family;
#define QUANTAB_KERNEL(name, needs) extern const I8ConvKernel name;
#include "core/kernels/i8_conv/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_I8_CONV_I8_CONV_H_
