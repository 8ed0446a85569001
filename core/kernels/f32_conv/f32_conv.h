// Kernel family `f32_conv`: float convolution, channels first, 1 to 3 spatial dimensions, any
// groups.
//
//   y[b,o,p] = clamp(bias[o] + sum over c, taps of w[o,c,tap] * x[b, group(o) * C/G + c, window(p,
//   tap)], min, max)
//
// with 0 outside the input (geometry: im2col.h). Groups of one input channel (depthwise) run
// directly; others run as f32_gemm over blocks of output pixels, so that scratch memory does not
// grow with the image.
#ifndef QUANTAB_CORE_KERNELS_F32_CONV_F32_CONV_H_
#define QUANTAB_CORE_KERNELS_F32_CONV_F32_CONV_H_

#include <cstddef>
#include <limits>

#include "core/kernels/dispatch.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// Bytes of scratch F32Conv needs for this shape. SIZE_MAX when they are more (bytes.h).
size_t F32ConvScratchBytes(const ConvShape& shape);

// The caller: x is [batch, in_channels, D, H, W], w is [out_channels, in_channels / groups, KD, KH,
// KW], bias is [out_channels] or null, y is [batch, out_channels, OD, OH, OW]; all contiguous,
// aligned to 4. scratch: F32ConvScratchBytes(shape) bytes, aligned to 16. y and scratch overlap
// nothing else.
void F32Conv(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
             void* scratch, float min = -std::numeric_limits<float>::infinity(),
             float max = std::numeric_limits<float>::infinity());

struct PlaneLayout;

// One kernel of the family: output rows of a depthwise convolution, over a padded plane
// (im2col/plane.h).
struct F32ConvKernel {
  // For 0 <= r < rows, 0 <= i < n:
  //   y[r * n + i] = clamp(bias + sum over t of w[t] * x[r * x_row + offsets[t] + i], min, max)
  // Reads nothing of x but those elements. The sum runs over t upwards from 0; the bias comes last.
  void (*rows)(size_t rows, size_t n, size_t taps, const float* x, size_t x_row,
               const size_t* offsets, const float* w, float bias, float min, float max, float* y);
  // Copies an input plane to its places in `plane`, whose other elements are the padding and stay.
  void (*fill)(const ConvShape& shape, const PlaneLayout& layout, const float* x, float* plane);
};

extern KernelFamily f32_conv_family;
#define QUANTAB_KERNEL(name, needs) extern const F32ConvKernel name;
#include "core/kernels/f32_conv/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_F32_CONV_F32_CONV_H_
