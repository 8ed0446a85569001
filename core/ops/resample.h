// The arithmetic of Resize and Upsample: which input positions an output position is made of, and
// with which weights, one axis at a time. Coordinates are computed in float32, as ONNX Runtime
// does, because where a coordinate falls on a tie decides which pixel is nearest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

enum class Interpolation { kNearest, kLinear, kCubic };

struct ResizeOptions {
  Interpolation mode = Interpolation::kNearest;
  // ONNX's names, plus "simple" for what opset 10 does: floor, but ceil where the axis shrinks.
  std::string coordinates = "half_pixel";
  std::string nearest_mode = "round_prefer_floor";
  float cubic_a = -0.75F;
  bool exclude_outside = false;
  bool antialias = false;
  float extrapolation_value = 0;  // for tf_crop_and_resize
};

struct ResizeAxis {
  int axis = 0;
  int64_t in = 0;
  int64_t out = 0;
  float scale = 1;
  float roi_start = 0;  // for tf_crop_and_resize, in units of the axis
  float roi_end = 1;
};

// Output position o is the sum over t of weight[o * taps + t] * input[index[o * taps + t]].
struct Taps {
  int64_t taps = 1;
  std::vector<int64_t> index;
  std::vector<float> weight;
  std::vector<bool> outside;  // per output position: its coordinate is not in the input
};

// Throws Error(kInvalidModel) for an unknown mode. `axis.in` is positive.
Taps MakeTaps(const OpContext& c, const ResizeOptions& options, const ResizeAxis& axis);

// y[o, j, i] = sum of weighted x[o, index, i]; x has `outer` blocks of axis.in rows of `inner`.
void ApplyTaps(const Taps& taps, const ResizeAxis& axis, int64_t outer, int64_t inner,
               const float* x, float* y);
void ApplyTaps(const Taps& taps, const ResizeAxis& axis, int64_t outer, int64_t inner,
               const double* x, double* y);

// Linear along two neighbouring axes at once, from taps of two each:
//   y[o, i, j, n] = wy0 wx0 x[o, y0, x0, n] + wy0 wx1 x[o, y0, x1, n] + wy1 wx0 x[o, y1, x0, n]
//                   + wy1 wx1 x[o, y1, x1, n]
// in float32 and in this order, which is ONNX Runtime's. An integer loses its fraction, and which
// one that is the order decides.
template <class T>
void ApplyBilinear(const Taps& rows, const ResizeAxis& row_axis, const Taps& columns,
                   const ResizeAxis& column_axis, int64_t outer, int64_t inner, const T* x, T* y) {
  const int64_t plane = row_axis.in * column_axis.in * inner;
  for (int64_t block = 0; block < outer; ++block, x += plane) {
    for (size_t i = 0; i < rows.index.size(); i += 2) {
      const T* first = x + rows.index[i] * column_axis.in * inner;
      const T* second = x + rows.index[i + 1] * column_axis.in * inner;
      for (size_t j = 0; j < columns.index.size(); j += 2) {
        const float w00 = columns.weight[j] * rows.weight[i];
        const float w01 = columns.weight[j + 1] * rows.weight[i];
        const float w10 = columns.weight[j] * rows.weight[i + 1];
        const float w11 = columns.weight[j + 1] * rows.weight[i + 1];
        const int64_t left = columns.index[j] * inner;
        const int64_t right = columns.index[j + 1] * inner;
        for (int64_t n = 0; n < inner; ++n) {
          *y++ = static_cast<T>(w00 * first[left + n] + w01 * first[right + n] +
                                w10 * second[left + n] + w11 * second[right + n]);
        }
      }
    }
  }
}

}  // namespace quantab
