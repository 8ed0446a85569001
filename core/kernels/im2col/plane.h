// One input plane made ready for depthwise convolution: padded, and with columns that a stride
// skips apart set apart, so that a tap is one fixed distance from every output of a row.
//
// A row of the plane holds `phases` (the stride) runs of `phase_width` elements; padded column c
// lies at run c % phases, place c / phases. Tap (kd, kh, kw) of output (od, oh, ow) is then the
// element RowStart(od, oh) + offset(tap) + ow.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_PLANE_H_
#define QUANTAB_CORE_KERNELS_IM2COL_PLANE_H_

#include <algorithm>
#include <cstddef>

#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

struct PlaneLayout {
  size_t phases;
  size_t phase_width;
  size_t height;  // rows that windows reach, padding included
  size_t depth;

  size_t Row() const { return phases * phase_width; }
  size_t Elements() const { return SaturatingMul(depth, height, Row()); }  // see bytes.h
};

inline PlaneLayout LayoutOf(const ConvShape& shape) {
  size_t reach[3];
  for (size_t d = 0; d < 3; ++d) {
    reach[d] = shape.out[d] == 0 ? 0
                                 : (shape.out[d] - 1) * shape.stride[d] +
                                       (shape.kernel[d] - 1) * shape.dilation[d] + 1;
  }
  const size_t phases = shape.stride[2];
  return {phases, (reach[2] + phases - 1) / phases, reach[1], reach[0]};
}

inline size_t RowStart(const ConvShape& shape, const PlaneLayout& layout, size_t od, size_t oh) {
  return (od * shape.stride[0] * layout.height + oh * shape.stride[1]) * layout.Row();
}

// offsets: one for each tap.
inline void TapOffsets(const ConvShape& shape, const PlaneLayout& layout, size_t* offsets) {
  for (size_t kd = 0; kd < shape.kernel[0]; ++kd) {
    for (size_t kh = 0; kh < shape.kernel[1]; ++kh) {
      const size_t row = kd * shape.dilation[0] * layout.height + kh * shape.dilation[1];
      for (size_t kw = 0; kw < shape.kernel[2]; ++kw) {
        const size_t column = kw * shape.dilation[2];
        *offsets++ = row * layout.Row() + column % layout.phases * layout.phase_width +
                     column / layout.phases;
      }
    }
  }
}

// Writes the input's elements to their places in `plane`, whose other elements are the padding and
// stay: copy(count, from, step, to) does to[i] = from[i * step].
template <typename From, typename To, typename Copy>
inline void CopyToPlane(const ConvShape& shape, const PlaneLayout& layout, const From* x, To* plane,
                        Copy copy) {
  const size_t stride = layout.phases;
  const size_t pad = shape.pad[2];
  const size_t end_d = std::min(layout.depth, shape.in[0] + shape.pad[0]);
  const size_t end_h = std::min(layout.height, shape.in[1] + shape.pad[1]);
  for (size_t phase = 0; phase < stride; ++phase) {
    // Places whose column place * stride + phase - pad lies inside the input.
    const size_t before = pad > phase ? pad - phase : 0;
    const size_t first = (before + stride - 1) / stride;
    const size_t limit = shape.in[2] + pad;
    const size_t fitting = limit > phase ? (limit - phase + stride - 1) / stride : 0;
    const size_t end = std::min(fitting, layout.phase_width);
    if (first >= end) continue;
    for (size_t d = shape.pad[0]; d < end_d; ++d) {
      for (size_t h = shape.pad[1]; h < end_h; ++h) {
        const size_t row = (d - shape.pad[0]) * shape.in[1] + h - shape.pad[1];
        copy(end - first, x + row * shape.in[2] + first * stride + phase - pad, stride,
             plane + (d * layout.height + h) * layout.Row() + phase * layout.phase_width + first);
      }
    }
  }
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_PLANE_H_
