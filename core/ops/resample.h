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

}  // namespace quantab
