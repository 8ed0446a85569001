#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/im2col/plane.h"

namespace quantab::kernels {
namespace {

void Rows(size_t rows, size_t n, size_t taps, const float* x, size_t x_row, const size_t* offsets,
          const float* w, float bias, float min, float max, float* y) {
  for (size_t r = 0; r < rows; ++r, x += x_row) {
    for (size_t i = 0; i < n; ++i) {
      float sum = 0;
      for (size_t t = 0; t < taps; ++t) sum += w[t] * x[offsets[t] + i];
      sum += bias;
      if (sum < min) sum = min;
      if (sum > max) sum = max;
      *y++ = sum;
    }
  }
}

void Fill(const ConvShape& shape, const PlaneLayout& layout, const float* x, float* plane) {
  CopyToPlane(shape, layout, x, plane, [](size_t n, const float* from, size_t step, float* to) {
    for (size_t i = 0; i < n; ++i) to[i] = from[i * step];
  });
}

}  // namespace

const F32ConvKernel f32_conv_reference = {Rows, Fill};

}  // namespace quantab::kernels
