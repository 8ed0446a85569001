#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/quantize/quantize.h"

namespace quantab::kernels {
namespace {

template <typename Byte>
void Quantize(size_t n, const float* x, float scale, int32_t zero, Byte* y) {
  const auto lowest = static_cast<float>(std::numeric_limits<Byte>::min() - zero);
  const auto highest = static_cast<float>(std::numeric_limits<Byte>::max() - zero);
  for (size_t i = 0; i < n; ++i) {
    const float scaled = x[i] / scale;
    // Written so that NaN gives the lowest value.
    const float clamped = scaled > lowest ? std::min(scaled, highest) : lowest;
    y[i] = static_cast<Byte>(static_cast<int32_t>(std::nearbyint(clamped)) + zero);
  }
}

template <typename Integer>
void Dequantize(size_t n, const Integer* x, float scale, int32_t zero, float* y) {
  for (size_t i = 0; i < n; ++i) {
    // Modulo 2^32, as the difference of two int32 may not fit.
    const auto value = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int32_t>(x[i])) -
                                            static_cast<uint32_t>(zero));
    y[i] = static_cast<float>(value) * scale;
  }
}

FloatRange Range(size_t n, const float* x) {
  FloatRange range = {std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()};
  for (size_t i = 0; i < n; ++i) {
    if (x[i] < range.min) range.min = x[i];
    if (x[i] > range.max) range.max = x[i];
  }
  return range;
}

}  // namespace

const QuantizeKernel quantize_reference = {
    .quantize_u8 = Quantize<uint8_t>,
    .quantize_s8 = Quantize<int8_t>,
    .dequantize_u8 = Dequantize<uint8_t>,
    .dequantize_s8 = Dequantize<int8_t>,
    .dequantize_s32 = Dequantize<int32_t>,
    .min_max = Range,
};

}  // namespace quantab::kernels
