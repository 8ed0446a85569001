#include "core/quant/params.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/base/error.h"

namespace quantab {
namespace {

struct RangeRow {
  DType type;
  QRange full, symmetric, reduced;
};

constexpr RangeRow kRanges[] = {
    {DType::kUint8, {0, 255}, {0, 255}, {0, 127}},
    {DType::kInt8, {-128, 127}, {-127, 127}, {-64, 64}},
};

// ActivationRestrictedAsymmetric. All in float64 but for the final scale.
QParams ComputeRestricted(double rmin, double rmax, QRange q, std::optional<double> min_range) {
  const double steps = q.max - q.min;
  const int32_t middle = (q.min + q.max + 1) / 2;
  rmin = std::min(rmin, 0.0);
  rmax = std::max(rmax, 0.0);
  if (min_range && *min_range > 0) rmax = std::max(rmax, rmin + *min_range);

  QParams params;
  params.zero_point = rmin >= 0 ? q.min : middle;
  if (rmax <= rmin) {
    params.scale = static_cast<float>(1.0 / steps);  // both are zero
  } else if (rmin >= 0) {
    params.scale = static_cast<float>(rmax / steps);
  } else {
    params.scale = static_cast<float>(std::max(-rmin / (middle - q.min), rmax / (q.max - middle)));
  }
  if (min_range && params.scale < *min_range / steps) {
    params.scale = static_cast<float>(*min_range / steps);
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
                   "'. Choose int8 or uint8.");
}

QParams ComputeParams(float rmin, float rmax, const ParamRules& rules) {
  const QRange q = QRangeOf(rules.type, rules.symmetric, rules.reduce_range);
  if (rules.restricted && rules.type == DType::kUint8 && !rules.symmetric) {
    return ComputeRestricted(rmin, rmax, q, rules.min_real_range);
  }
  rmin = std::min(rmin, 0.0f);
  rmax = std::max(rmax, 0.0f);
  if (rules.min_real_range) {
    rmax = std::max(rmax, rmin + static_cast<float>(*rules.min_real_range));
  }
  if (rules.symmetric) {
    rmax = std::max(std::fabs(rmin), std::fabs(rmax));
    rmin = -rmax;
  }
  const double scale = (static_cast<double>(rmax) - static_cast<double>(rmin)) /
                       (static_cast<double>(q.max) - static_cast<double>(q.min));
  if (!(scale >= std::numeric_limits<float>::min())) return {};
  const double zero_point = rules.symmetric
                                ? std::nearbyint((q.min + q.max) / 2.0)
                                : std::nearbyint(q.min - static_cast<double>(rmin) / scale);
  return {static_cast<float>(scale), static_cast<int32_t>(zero_point)};
}

int32_t QuantizeBias(double x, double scale) {
  if (x == 0) return 0;  // whatever the scale
  const double q = std::nearbyint(x / scale);
  return static_cast<int32_t>(std::clamp(q, double{std::numeric_limits<int32_t>::min()},
                                         double{std::numeric_limits<int32_t>::max()}));
}

float WeightScaleForBias(float input_scale, float weight_scale, float bias_max,
                         bool float32_limit) {
  constexpr double kMargin = 1.0001;
  constexpr double kInt32Width = 4294967294.0;  // from -(2^31 - 1) to 2^31 - 1
  const double doubled = float32_limit ? double{static_cast<float>(kMargin) * (2.0f * bias_max)}
                                       : kMargin * (2.0 * static_cast<double>(bias_max));
  const double smallest = doubled / kInt32Width;
  const double candidate = static_cast<double>(input_scale) * static_cast<double>(weight_scale);
  if (!(candidate < smallest && candidate > 0)) return weight_scale;
  return static_cast<float>(static_cast<double>(weight_scale) * (smallest / candidate));
}

}  // namespace quantab
