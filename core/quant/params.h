// Scales and zero points: the affine map real = scale * (q - zero_point).
//
// The formulas are those of ONNX Runtime's Python quantizer (onnxruntime.quantization, 1.31), with
// its floating-point types in each step, so that results agree to the last bit. Rounding is to the
// nearest, halves to even. Reals are float32 or float16; float16 values are kept as the float32 of
// the same value.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "core/tensor/dtype.h"

namespace quantab {

// Whether tensors of this type can be quantized.
inline bool IsReal(DType type) { return type == DType::kFloat || type == DType::kFloat16; }

struct QRange {
  int32_t min = 0;
  int32_t max = 0;
};

// The integers that a range of reals is mapped onto. uint8: 0..255, reduced 0..127; int8:
// -128..127, symmetric -127..127, reduced -64..64 (which wins over symmetric); 16 bits alike;
// 4 bits: 0..15 and -8..7, symmetric too, reduced 0..7 and -4..3. Throws Error(kUnsupported) for
// other types.
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
  // Type of the reals, and so of the scale: float32 or float16.
  DType real = DType::kFloat;
};

// `value` in float16 where `real` is that, else in float32.
float RoundToReal(double value, DType real);

// Scale and zero point for the reals in [rmin, rmax], which are finite:
//   rmin = min(rmin, 0), rmax = max(rmax, 0, rmin + min_real_range), symmetric: both +-max(|.|)
//   scale = (rmax - rmin) / (qmax - qmin)   in float64, then rounded to the type of the reals
//   zero_point = round(qmin - rmin / scale) with the float64 scale; symmetric: round((qmin+qmax)/2)
// A scale below the smallest normal number of that type becomes scale 1, zero point 0.
QParams ComputeParams(float rmin, float rmax, const ParamRules& rules);

// The same for the elements of a block: reduce_range, restricted and min_real_range do not matter,
// the width is subtracted in float32, the scale is rounded before the zero point is computed from
// it, and the zero point is clipped to the type's range.
QParams ComputeBlockParams(float rmin, float rmax, const ParamRules& rules);

// For float8e4m3fn: scale = deviation / (standard deviation of all finite float8e4m3fn values),
// zero point 0. `deviation` is the standard deviation of the elements, whose magnitudes are at most
// `largest`. Where it is too small for a scale, as that of equal elements is, `largest` becomes the
// largest float8e4m3fn.
QParams ComputeFloat8Params(float deviation, float largest, DType real);

// An element's integer: round(x / scale) + zero_point in float32, clipped to [low, high].
inline float QuantizeToFloat(float x, float scale, float zero_point, float low, float high) {
  const float q = std::nearbyint(x / scale) + zero_point;
  return q < low ? low : (q > high ? high : q);
}

// round(x / scale) in float64, clipped to int32.
int32_t QuantizeBias(double x, double scale);

// The smallest weight scale, not below `weight_scale`, with which a bias of magnitude `bias_max`
// fits in int32 when it is quantized with scale input_scale * weight_scale. ONNX Runtime computes
// the limit in the type of the reals per channel, and in float64 per tensor.
float WeightScaleForBias(float input_scale, float weight_scale, float bias_max, bool per_channel,
                         DType real = DType::kFloat);

}  // namespace quantab
