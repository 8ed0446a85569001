// Visits the taps of one window that lie inside the input; shared by the plain kernels of the
// convolution and pooling families.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_WINDOW_H_
#define QUANTAB_CORE_KERNELS_IM2COL_WINDOW_H_

#include <algorithm>
#include <cstddef>

#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// Taps [begin, end) of one dimension that lie inside the input for output position o; the first
// lies at input position o * stride + begin * dilation - pad.
struct TapRange {
  size_t begin;
  size_t end;
};

inline TapRange TapsInside(const ConvShape& shape, size_t d, size_t o) {
  const size_t start = o * shape.stride[d];
  const size_t dilation = shape.dilation[d];
  const size_t below = shape.pad[d] > start ? shape.pad[d] - start : 0;
  const size_t begin = (below + dilation - 1) / dilation;
  const size_t limit = shape.in[d] + shape.pad[d];
  const size_t end = start >= limit ? 0 : (limit - start + dilation - 1) / dilation;
  return {std::min(begin, shape.kernel[d]),
          std::max(std::min(begin, shape.kernel[d]), std::min(end, shape.kernel[d]))};
}

// Calls visit(input pixel, tap) for each tap of output (od, oh, ow) inside the input.
template <typename Visit>
inline void VisitWindow(const ConvShape& shape, size_t od, size_t oh, size_t ow, Visit visit) {
  const TapRange d = TapsInside(shape, 0, od);
  const TapRange h = TapsInside(shape, 1, oh);
  const TapRange w = TapsInside(shape, 2, ow);
  for (size_t kd = d.begin; kd < d.end; ++kd) {
    const size_t id = od * shape.stride[0] + kd * shape.dilation[0] - shape.pad[0];
    for (size_t kh = h.begin; kh < h.end; ++kh) {
      const size_t ih = oh * shape.stride[1] + kh * shape.dilation[1] - shape.pad[1];
      for (size_t kw = w.begin; kw < w.end; ++kw) {
        const size_t iw = ow * shape.stride[2] + kw * shape.dilation[2] - shape.pad[2];
        visit((id * shape.in[1] + ih) * shape.in[2] + iw,
              (kd * shape.kernel[1] + kh) * shape.kernel[2] + kw);
      }
    }
  }
}

// Calls visit(od, oh, ow, pixel) for each output pixel in order.
template <typename Visit>
inline void VisitPixels(const ConvShape& shape, Visit visit) {
  size_t pixel = 0;
  for (size_t od = 0; od < shape.out[0]; ++od) {
    for (size_t oh = 0; oh < shape.out[1]; ++oh) {
      for (size_t ow = 0; ow < shape.out[2]; ++ow) visit(od, oh, ow, pixel++);
    }
  }
}

// The output positions [begin, end) along the width whose whole window lies inside the input.
inline TapRange WholeWindows(const ConvShape& shape) {
  const size_t begin = (shape.pad[2] + shape.stride[2] - 1) / shape.stride[2];
  const size_t span = (shape.kernel[2] - 1) * shape.dilation[2];
  const size_t limit = shape.in[2] + shape.pad[2];
  const size_t end = limit > span ? (limit - span - 1) / shape.stride[2] + 1 : 0;
  return {std::min(begin, shape.out[2]),
          std::max(std::min(begin, shape.out[2]), std::min(end, shape.out[2]))};
}

// Calls row(kernel row, input row) for each (kd, kh) of output row (od, oh) inside the input: the
// kernel row begins at tap `kernel row * KW`, the input row at pixel `input row * W`.
template <typename Row>
inline void VisitRows(const ConvShape& shape, size_t od, size_t oh, Row row) {
  const TapRange d = TapsInside(shape, 0, od);
  const TapRange h = TapsInside(shape, 1, oh);
  for (size_t kd = d.begin; kd < d.end; ++kd) {
    const size_t id = od * shape.stride[0] + kd * shape.dilation[0] - shape.pad[0];
    for (size_t kh = h.begin; kh < h.end; ++kh) {
      const size_t ih = oh * shape.stride[1] + kh * shape.dilation[1] - shape.pad[1];
      row(kd * shape.kernel[1] + kh, id * shape.in[1] + ih);
    }
  }
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_WINDOW_H_
