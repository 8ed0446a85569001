#include "core/kernels/quantize/quantize.h"

#include <algorithm>
#include <cmath>

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/quantize/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily quantize_family("quantize", kEntries);

U8Parameters DynamicQuantizeParameters(FloatRange range) {
  const float min = std::min(range.min, 0.0F);
  const float max = std::max(range.max, 0.0F);
  U8Parameters parameters;
  parameters.scale = min == max ? 1.0F : (max - min) / 255.0F;
  const float zero =
      std::nearbyint(std::max(0.0F, std::min(255.0F, 0.0F - min / parameters.scale)));
  parameters.zero = static_cast<uint8_t>(zero);
  return parameters;
}

void QuantizeU8(size_t n, const float* x, float scale, int32_t zero, uint8_t* y) {
  quantize_family.Get<QuantizeKernel>().quantize_u8(n, x, scale, zero, y);
}

void QuantizeS8(size_t n, const float* x, float scale, int32_t zero, int8_t* y) {
  quantize_family.Get<QuantizeKernel>().quantize_s8(n, x, scale, zero, y);
}

void DequantizeU8(size_t n, const uint8_t* x, float scale, int32_t zero, float* y) {
  quantize_family.Get<QuantizeKernel>().dequantize_u8(n, x, scale, zero, y);
}

void DequantizeS8(size_t n, const int8_t* x, float scale, int32_t zero, float* y) {
  quantize_family.Get<QuantizeKernel>().dequantize_s8(n, x, scale, zero, y);
}

void DequantizeS32(size_t n, const int32_t* x, float scale, int32_t zero, float* y) {
  quantize_family.Get<QuantizeKernel>().dequantize_s32(n, x, scale, zero, y);
}

FloatRange MinMax(size_t n, const float* x) {
  return quantize_family.Get<QuantizeKernel>().min_max(n, x);
}

}  // namespace quantab::kernels
