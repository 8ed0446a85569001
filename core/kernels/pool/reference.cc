#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/im2col/window.h"
#include "core/kernels/pool/pool.h"

namespace quantab::kernels {
namespace {

template <typename T>
void Max(const ConvShape& shape, size_t planes, const T* x, T* y) {
  for (size_t plane = 0; plane < planes; ++plane, x += shape.InPixels(), y += shape.OutPixels()) {
    VisitPixels(shape, [&](size_t od, size_t oh, size_t ow, size_t pixel) {
      T most = std::numeric_limits<T>::lowest();
      VisitWindow(shape, od, oh, ow, [&](size_t from, size_t) {
        // The last comparison keeps a NaN, the first takes one.
        if (!(x[from] <= most) && most == most) most = x[from];
      });
      y[pixel] = most;
    });
  }
}

// Taps of the window of o that lie inside the padded input.
size_t PaddedTaps(const ConvShape& shape, const std::array<size_t, 3>& pad_end, size_t d,
                  size_t o) {
  const size_t limit = shape.in[d] + shape.pad[d] + pad_end[d];
  size_t count = 0;
  for (size_t k = 0; k < shape.kernel[d]; ++k) {
    count += o * shape.stride[d] + k * shape.dilation[d] < limit ? 1 : 0;
  }
  return count;
}

void Average(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
             bool count_pad, const float* x, float* y) {
  for (size_t plane = 0; plane < planes; ++plane, x += shape.InPixels(), y += shape.OutPixels()) {
    VisitPixels(shape, [&](size_t od, size_t oh, size_t ow, size_t pixel) {
      float sum = 0;
      size_t count = 0;
      VisitWindow(shape, od, oh, ow, [&](size_t from, size_t) {
        sum += x[from];
        ++count;
      });
      if (count_pad) {
        count = PaddedTaps(shape, pad_end, 0, od) * PaddedTaps(shape, pad_end, 1, oh) *
                PaddedTaps(shape, pad_end, 2, ow);
      }
      y[pixel] = count == 0 ? 0 : sum / static_cast<float>(count);
    });
  }
}

}  // namespace

const PoolKernel pool_reference = {Max<float>, Max<uint8_t>, Max<int8_t>, Average};

}  // namespace quantab::kernels
