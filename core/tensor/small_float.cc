#include "core/tensor/small_float.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What the codes at the end of the range are.
enum class Specials {
  kNone,           // numbers like the others
  kLastIsNaN,      // e4m3fn: all bits of the magnitude set
  kLastExponent,   // e5m2: infinity and NaN, as in IEEE 754
  kMinusZeroIsNaN  // fnuz: one NaN, no -0
};

struct Format {
  int exponent_bits, mantissa_bits, bias;
  Specials specials;
  double largest;

  int sign() const { return 1 << (exponent_bits + mantissa_bits); }
};

Format FormatOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat4E2M1:
      return {2, 1, 1, Specials::kNone, 6};
    case DType::kFloat6E2M3:
      return {2, 3, 1, Specials::kNone, 7.5};
    case DType::kFloat6E3M2:
      return {3, 2, 3, Specials::kNone, 28};
    case DType::kFloat8E4M3FN:
      return {4, 3, 7, Specials::kLastIsNaN, 448};
    case DType::kFloat8E4M3FNUZ:
      return {4, 3, 8, Specials::kMinusZeroIsNaN, 240};
    case DType::kFloat8E5M2:
      return {5, 2, 15, Specials::kLastExponent, 57344};
    case DType::kFloat8E5M2FNUZ:
      return {5, 2, 16, Specials::kMinusZeroIsNaN, 57344};
    default:
      ThrowInternal("'" + std::string(NameOf(dtype)) + "' is no small float.");
  }
}

// The code of a magnitude that is a NaN or beyond the largest number.
int SpecialCode(const Format& f, bool is_nan) {
  const int last = f.sign() - 1;
  switch (f.specials) {
    case Specials::kLastIsNaN:
      return last;
    case Specials::kLastExponent: {
      const int infinity = last >> f.mantissa_bits << f.mantissa_bits;
      return is_nan ? infinity | (1 << (f.mantissa_bits - 1)) : infinity;
    }
    default:
      return 0;
  }
}

int LargestCode(const Format& f) {
  const int last = f.sign() - 1;
  if (f.specials == Specials::kLastIsNaN) return last - 1;
  if (f.specials == Specials::kLastExponent) return last - (1 << f.mantissa_bits);
  return last;
}

// The code of float8e8m0: the exponent, 127 more. 255 is NaN.
constexpr int kScaleBias = 127;
constexpr uint8_t kScaleNaN = 255;

float ScaleValue(uint8_t code) {
  return code == kScaleNaN ? kNaN : std::ldexp(1.0F, code - kScaleBias);
}

uint8_t ScaleCode(double value, SmallFloatRounding rounding) {
  if (std::isnan(value) || value < 0) return kScaleNaN;
  if (value == 0) return rounding.saturate ? 0 : kScaleNaN;
  if (std::isinf(value)) return rounding.saturate ? kScaleNaN - 1 : kScaleNaN;
  const int exponent = std::ilogb(value);
  const double fraction = std::ldexp(value, -exponent);  // from 1 up to 2
  int code = exponent + kScaleBias;
  if (rounding.scale == ScaleRounding::kUp && fraction > 1) ++code;
  if (rounding.scale == ScaleRounding::kNearest && fraction >= 1.5) ++code;
  if (!rounding.saturate && (code < 0 || code >= kScaleNaN)) return kScaleNaN;
  return static_cast<uint8_t>(std::clamp(code, 0, kScaleNaN - 1));
}

}  // namespace

bool IsSmallFloat(DType dtype) {
  switch (dtype) {
    case DType::kFloat4E2M1:
    case DType::kFloat6E2M3:
    case DType::kFloat6E3M2:
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
    case DType::kFloat8E8M0:
      return true;
    default:
      return false;
  }
}

float SmallFloatValue(DType dtype, uint8_t code) {
  if (dtype == DType::kFloat8E8M0) return ScaleValue(code);
  const Format f = FormatOf(dtype);
  const int magnitude = code & (f.sign() - 1);
  const bool negative = (code & f.sign()) != 0;
  if (f.specials == Specials::kMinusZeroIsNaN && negative && magnitude == 0) return kNaN;
  if (magnitude > LargestCode(f)) {
    const bool infinite = f.specials == Specials::kLastExponent && magnitude == LargestCode(f) + 1;
    return infinite ? (negative ? -kInfinity : kInfinity) : kNaN;
  }
  const int exponent = magnitude >> f.mantissa_bits;
  const int one = 1 << f.mantissa_bits;
  // Below the first exponent numbers have its spacing and no leading one.
  const int steps = magnitude % one + (exponent > 0 ? one : 0);
  const float value =
      std::ldexp(static_cast<float>(steps), std::max(exponent, 1) - f.bias - f.mantissa_bits);
  return negative ? -value : value;
}

uint8_t SmallFloatCode(DType dtype, double value, SmallFloatRounding rounding) {
  if (dtype == DType::kFloat8E8M0) return ScaleCode(value, rounding);
  const Format f = FormatOf(dtype);
  const int sign = std::signbit(value) ? f.sign() : 0;
  const bool one_nan = f.specials == Specials::kMinusZeroIsNaN;
  if (std::isnan(value)) {
    if (f.specials == Specials::kNone) return static_cast<uint8_t>(f.sign() - sign);
    return static_cast<uint8_t>(one_nan ? f.sign() : sign | SpecialCode(f, true));
  }
  const int lowest = 1 - f.bias;
  int exponent = lowest;
  if (value != 0 && std::isfinite(value)) exponent = std::max(std::ilogb(value), lowest);
  const double steps =
      std::nearbyint(std::fabs(value) * std::ldexp(1.0, f.mantissa_bits - exponent));
  if (!(std::ldexp(steps, exponent - f.mantissa_bits) <= f.largest)) {
    if (rounding.saturate || f.specials == Specials::kNone) {
      return static_cast<uint8_t>(sign | LargestCode(f));
    }
    return static_cast<uint8_t>(one_nan ? f.sign() : sign | SpecialCode(f, false));
  }
  // The leading one of `steps` adds one to the exponent's field, a carry another.
  const int code = ((exponent - lowest) << f.mantissa_bits) + static_cast<int>(steps);
  return static_cast<uint8_t>(code == 0 && one_nan ? 0 : sign | code);
}

}  // namespace quantab
