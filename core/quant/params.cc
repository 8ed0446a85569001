#include "core/quant/params.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

struct RangeRow {
  DType type;
  QRange full, symmetric, reduced;
};

constexpr RangeRow kRanges[] = {
    {DType::kUint8, {0, 255}, {0, 255}, {0, 127}},
    {DType::kInt8, {-128, 127}, {-127, 127}, {-64, 64}},
    {DType::kUint16, {0, 65535}, {0, 65535}, {0, 32767}},
    {DType::kInt16, {-32768, 32767}, {-32767, 32767}, {-16384, 16384}},
    {DType::kUint4, {0, 15}, {0, 15}, {0, 7}},
    {DType::kInt4, {-8, 7}, {-8, 7}, {-4, 3}},
};

// numpy.std of all 254 finite float8e4m3fn values, as float32.
constexpr float kFloat8Deviation = 0x1.903b1cp+6F;
constexpr float kFloat8Largest = 448;

// float32 to odd: where it is not exact, the neighbour with an odd last bit. Rounding that to
// float16 gives what rounding the float64 at once would.
float RoundToOdd(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || !std::isfinite(nearest)) return nearest;
  uint32_t bits = std::bit_cast<uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value)) --bits;
  return std::bit_cast<float>(bits | 1U);
}

double SmallestNormal(DType real) {
  return real == DType::kFloat16 ? 0x1p-14 : double{std::numeric_limits<float>::min()};
}

double SymmetricZeroPoint(QRange q) { return std::nearbyint((q.min + q.max) / 2.0); }

// ActivationRestrictedAsymmetric. All in float64 but for the final scale.
QParams ComputeRestricted(double rmin, double rmax, QRange q, const ParamRules& rules) {
  const std::optional<double> min_range = rules.min_real_range;
  const double steps = q.max - q.min;
  const int32_t middle = (q.min + q.max + 1) / 2;
  rmin = std::min(rmin, 0.0);
  rmax = std::max(rmax, 0.0);
  if (min_range && *min_range > 0) rmax = std::max(rmax, rmin + *min_range);

  QParams params;
  params.zero_point = rmin >= 0 ? q.min : middle;
  if (rmax <= rmin) {
    params.scale = RoundToReal(1.0 / steps, rules.real);  // both are zero
  } else if (rmin >= 0) {
    params.scale = RoundToReal(rmax / steps, rules.real);
  } else {
    params.scale =
        RoundToReal(std::max(-rmin / (middle - q.min), rmax / (q.max - middle)), rules.real);
  }
  if (min_range && params.scale < *min_range / steps) {
    params.scale = RoundToReal(*min_range / steps, rules.real);
  }
  return params;
}

}  // namespace

QRange QRangeOf(DType quant_type, bool symmetric, bool reduce_range) {
  for (const RangeRow& row : kRanges) {
    if (row.type == quant_type) {
      return reduce_range ? row.reduced : symmetric ? row.symmetric : row.full;
    }
  }
  ThrowUnsupported("Unsupported: quantizing to '" + std::string(NameOf(quant_type)) +
                   "'. Choose an integer type of 4, 8 or 16 bits.");
}

float RoundToReal(double value, DType real) {
  if (real != DType::kFloat16) return static_cast<float>(value);
  return HalfToFloat(FloatToHalf(RoundToOdd(value)));
}

QParams ComputeParams(float rmin, float rmax, const ParamRules& rules) {
  const QRange q = QRangeOf(rules.type, rules.symmetric, rules.reduce_range);
  if (rules.restricted && rules.type == DType::kUint8 && !rules.symmetric) {
    return ComputeRestricted(rmin, rmax, q, rules);
  }
  rmin = std::min(rmin, 0.0f);
  rmax = std::max(rmax, 0.0f);
  if (rules.min_real_range) {
    const float end = rmin + RoundToReal(*rules.min_real_range, rules.real);
    rmax = std::max(rmax, RoundToReal(end, rules.real));
  }
  if (rules.symmetric) {
    rmax = std::max(std::fabs(rmin), std::fabs(rmax));
    rmin = -rmax;
  }
  const double scale = (static_cast<double>(rmax) - static_cast<double>(rmin)) /
                       (static_cast<double>(q.max) - static_cast<double>(q.min));
  if (!(scale >= SmallestNormal(rules.real))) return {};
  const double zero_point = rules.symmetric
                                ? SymmetricZeroPoint(q)
                                : std::nearbyint(q.min - static_cast<double>(rmin) / scale);
  return {RoundToReal(scale, rules.real), static_cast<int32_t>(zero_point)};
}

QParams ComputeBlockParams(float rmin, float rmax, const ParamRules& rules) {
  const QRange q = QRangeOf(rules.type, rules.symmetric, false);
  rmin = std::min(rmin, 0.0f);
  rmax = std::max(rmax, 0.0f);
  if (rules.symmetric) {
    rmax = std::max(std::fabs(rmin), std::fabs(rmax));
    rmin = -rmax;
  }
  const double width = RoundToReal(rmax - rmin, rules.real);
  const double steps = static_cast<double>(q.max) - static_cast<double>(q.min);
  const float scale = RoundToReal(width / steps, rules.real);
  const bool degenerate = !(double{scale} >= SmallestNormal(rules.real));
  if (rules.symmetric) {
    return {degenerate ? 1.0f : scale, static_cast<int32_t>(SymmetricZeroPoint(q))};
  }
  if (degenerate) return {};
  const double zero_point = std::nearbyint(q.min - static_cast<double>(rmin) / double{scale});
  return {scale, static_cast<int32_t>(std::clamp<double>(zero_point, q.min, q.max))};
}

QParams ComputeFloat8Params(float deviation, float largest, DType real) {
  float scale = RoundToReal(deviation / kFloat8Deviation, real);
  if (!(double{scale} >= SmallestNormal(real))) {
    scale = RoundToReal(double{largest} / kFloat8Largest, real);
  }
  return {double{scale} >= SmallestNormal(real) ? scale : 1.0f, 0};
}

int32_t QuantizeBias(double x, double scale) {
  if (x == 0) return 0;  // whatever the scale
  const double q = std::nearbyint(x / scale);
  return static_cast<int32_t>(std::clamp(q, double{std::numeric_limits<int32_t>::min()},
                                         double{std::numeric_limits<int32_t>::max()}));
}

float WeightScaleForBias(float input_scale, float weight_scale, float bias_max, bool per_channel,
                         DType real) {
  constexpr double kMargin = 1.0001;
  constexpr double kInt32Width = 4294967294.0;  // from -(2^31 - 1) to 2^31 - 1
  double doubled = kMargin * (2.0 * static_cast<double>(bias_max));
  if (per_channel) {
    const float twice = RoundToReal(2.0f * bias_max, real);
    doubled = RoundToReal(RoundToReal(kMargin, real) * twice, real);
  }
  const double smallest = doubled / kInt32Width;
  const double candidate = static_cast<double>(input_scale) * static_cast<double>(weight_scale);
  if (!(candidate < smallest && candidate > 0)) return weight_scale;
  return RoundToReal(static_cast<double>(weight_scale) * (smallest / candidate), real);
}

}  // namespace quantab
