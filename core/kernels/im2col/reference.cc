#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {
namespace {

// Position in the input along one dimension, or `size` when outside.
size_t Position(const ConvShape& shape, size_t d, size_t out, size_t tap) {
  const size_t padded = out * shape.stride[d] + tap * shape.dilation[d];
  return padded < shape.pad[d] || padded - shape.pad[d] >= shape.in[d] ? shape.in[d]
                                                                       : padded - shape.pad[d];
}

// The input pixel under tap `tap` of output pixel `pixel`, or InPixels() when outside.
size_t InputPixel(const ConvShape& shape, size_t pixel, size_t tap) {
  const size_t w = Position(shape, 2, pixel % shape.out[2], tap % shape.kernel[2]);
  pixel /= shape.out[2];
  tap /= shape.kernel[2];
  const size_t h = Position(shape, 1, pixel % shape.out[1], tap % shape.kernel[1]);
  const size_t d = Position(shape, 0, pixel / shape.out[1], tap / shape.kernel[1]);
  if (d == shape.in[0] || h == shape.in[1] || w == shape.in[2]) return shape.InPixels();
  return (d * shape.in[1] + h) * shape.in[2] + w;
}

void F32Packed(const ConvShape& shape, size_t channels, const float* x, float pad_value,
               size_t first, size_t count, float* packed) {
  const size_t in_pixels = shape.InPixels();
  for (size_t panel = 0; panel < count; panel += kF32GemmPanel) {
    for (size_t channel = 0; channel < channels; ++channel) {
      for (size_t tap = 0; tap < shape.Taps(); ++tap) {
        for (size_t c = 0; c < kF32GemmPanel; ++c, ++packed) {
          *packed = 0;
          if (panel + c >= count) continue;
          const size_t pixel = InputPixel(shape, first + panel + c, tap);
          *packed = pixel == in_pixels ? pad_value : x[channel * in_pixels + pixel];
        }
      }
    }
  }
}

void BytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
               uint8_t pad_value, size_t first, size_t count, uint8_t* rows) {
  for (size_t p = first; p < first + count; ++p) {
    for (size_t tap = 0; tap < shape.Taps(); ++tap) {
      const size_t pixel = InputPixel(shape, p, tap);
      for (size_t c = 0; c < channels; ++c, ++rows) {
        *rows = pixel == shape.InPixels() ? pad_value : x[pixel * x_stride + c];
      }
    }
  }
}

}  // namespace

const Im2colKernel im2col_reference = {F32Packed, BytesRows};

}  // namespace quantab::kernels
