// Scales and zero points: the affine map real = scale * (q - zero_point).
//
// The formulas are those of ONNX Runtime's Python quantizer (onnxruntime.quantization, 1.31), with
// its floating-point types in each step, so that results agree to the last bit. Rounding is to the
// nearest, halves to even.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "core/tensor/dtype.h"

namespace quantab {

struct QRange {
  int32_t min = 0;
  int32_t max = 0;
};

// The integers that a range of reals is mapped onto. uint8: 0..255, reduced 0..127; int8:
// -128..127, symmetric -127..127, reduced -64..64 (which wins over symmetric).
QRange QRangeOf(DType quant_type, bool symmetric, bool reduce_range);

struct QParams {
  float scale = 1;
  int32_t zero_point = 0;

  bool operator==(const QParams&) const = default;
};

struct ParamRules {
  DType type = DType::kInt8;
  bool symmetric = false;
  bool reduce_range = false;
  // For uint8 that is not symmetric: the zero point is either the lowest or the middle value.
  bool restricted = false;
  // Smallest width of the range of reals.
  std::optional<double> min_real_range = std::nullopt;
};

// Scale and zero point for the reals in [rmin, rmax], which are finite:
//   rmin = min(rmin, 0), rmax = max(rmax, 0, rmin + min_real_range), symmetric: both +-max(|.|)
//   scale = (rmax - rmin) / (qmax - qmin)   in float64, then rounded to float32
//   zero_point = round(qmin - rmin / scale) with the float64 scale; symmetric: round((qmin+qmax)/2)
// A scale below the smallest normal float32 becomes scale 1, zero point 0.
QParams ComputeParams(float rmin, float rmax, const ParamRules& rules);

// An element's integer: round(x / scale) + zero_point in float32, clipped to [low, high].
inline float QuantizeToFloat(float x, float scale, float zero_point, float low, float high) {
  const float q = std::nearbyint(x / scale) + zero_point;
  return q < low ? low : (q > high ? high : q);
}

// round(x / scale) in float64, clipped to int32.
int32_t QuantizeBias(double x, double scale);

// The smallest weight scale, not below `weight_scale`, with which a bias of magnitude `bias_max`
// fits in int32 when it is quantized with scale input_scale * weight_scale. `float32_limit` says in
// which type the limit is computed: ONNX Runtime uses float32 per channel and float64 per tensor.
float WeightScaleForBias(float input_scale, float weight_scale, float bias_max, bool float32_limit);

}  // namespace quantab
