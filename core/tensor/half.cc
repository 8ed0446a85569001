#include "core/tensor/half.h"

#include <bit>

namespace quantab {

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) {
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
  // Subnormal: mantissa * 2^-24, exact in float.
  const float value = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | sign);
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN: keep its upper bits, and at least one
    return static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  }
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // >= 65520
  if (magnitude < 0x38800000u) {
    // Below 2^-14 the result is a multiple of 2^-24: adding 0.5 lets the float unit round there.
    const float rounded = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(rounded) - 0x3f000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  const uint32_t rounded = magnitude - (112u << 23) + 0xfffu + odd;
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

float Bfloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t FloatToBfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

Tensor HalfToFloat(const Tensor& tensor) {
  Tensor out(DType::kFloat, tensor.shape());
  const auto* in = reinterpret_cast<const uint16_t*>(tensor.raw());
  float* values = out.mutable_data<float>();
  const bool brain = tensor.dtype() == DType::kBfloat16;
  for (int64_t i = 0; i < tensor.count(); ++i) {
    values[i] = brain ? Bfloat16ToFloat(in[i]) : HalfToFloat(in[i]);
  }
  return out;
}

void FloatToHalf(const Tensor& values, Tensor& out) {
  const float* in = values.data<float>();
  auto* bits = reinterpret_cast<uint16_t*>(out.mutable_raw());
  const bool brain = out.dtype() == DType::kBfloat16;
  for (int64_t i = 0; i < values.count(); ++i) {
    bits[i] = brain ? FloatToBfloat16(in[i]) : FloatToHalf(in[i]);
  }
}

}  // namespace quantab
