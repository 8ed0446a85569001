#include "core/kernels/quantize/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/parallel.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/quantize/kernels.inc"
#undef QUANTAB_KERNEL
};

void Widen(FloatRange& range, const FloatRange& other) {
  range.min = std::min(range.min, other.min);
  range.max = std::max(range.max, other.max);
}

constexpr size_t kGrain = GrainFor(2);

template <typename From, typename To>
void Split(void (*kernel)(size_t, const From*, float, int32_t, To*), size_t n, const From* x,
           float scale, int32_t zero, To* y) {
  ParallelFor(n, kGrain, [&](size_t begin, size_t end) {
    kernel(end - begin, x + begin, scale, zero, y + begin);
  });
}

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
  Split(quantize_family.Get<QuantizeKernel>().quantize_u8, n, x, scale, zero, y);
}

void QuantizeS8(size_t n, const float* x, float scale, int32_t zero, int8_t* y) {
  Split(quantize_family.Get<QuantizeKernel>().quantize_s8, n, x, scale, zero, y);
}

void DequantizeU8(size_t n, const uint8_t* x, float scale, int32_t zero, float* y) {
  Split(quantize_family.Get<QuantizeKernel>().dequantize_u8, n, x, scale, zero, y);
}

void DequantizeS8(size_t n, const int8_t* x, float scale, int32_t zero, float* y) {
  Split(quantize_family.Get<QuantizeKernel>().dequantize_s8, n, x, scale, zero, y);
}

void DequantizeS32(size_t n, const int32_t* x, float scale, int32_t zero, float* y) {
  Split(quantize_family.Get<QuantizeKernel>().dequantize_s32, n, x, scale, zero, y);
}

void SharedRange::Add(FloatRange range) {
  const std::lock_guard lock(mutex_);
  Widen(range_, range);
}

FloatRange MinMax(size_t n, const float* x) {
  const QuantizeKernel& kernel = quantize_family.Get<QuantizeKernel>();
  if (LanesOf(n, kGrain) == 1) return kernel.min_max(n, x);
  std::array<FloatRange, kMostThreads> ranges;
  ranges.fill(kernel.min_max(0, x));
  ParallelFor(n, kGrain, [&](size_t begin, size_t end, size_t lane) {
    Widen(ranges[lane], kernel.min_max(end - begin, x + begin));
  });
  for (const FloatRange& range : ranges) Widen(ranges[0], range);
  return ranges[0];
}

}  // namespace quantab::kernels
