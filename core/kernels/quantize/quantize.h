// Kernel family `quantize`: between float and 8-bit, and the range of a float tensor.
//
//   Quantize      y = saturate(round_half_even(x / scale) + zero)   NaN gives the lowest value of
//   y's type, as ONNX
//                 Runtime's vector code does
//   Dequantize    y = float(x - zero) * scale
//   MinMax        smallest and largest element, NaN ignored
//   DynamicQuantizeLinear's parameters: see DynamicQuantizeParameters
//
// Tile: 16 elements. All are exact: every kernel gives the same bits.
#ifndef QUANTAB_CORE_KERNELS_QUANTIZE_QUANTIZE_H_
#define QUANTAB_CORE_KERNELS_QUANTIZE_QUANTIZE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// The caller: n elements each, any alignment, no overlap; scale is not 0; zero lies in the 8-bit
// type's range. For scales by channel, call once per run of elements that share one.
void QuantizeU8(size_t n, const float* x, float scale, int32_t zero, uint8_t* y);
void QuantizeS8(size_t n, const float* x, float scale, int32_t zero, int8_t* y);
void DequantizeU8(size_t n, const uint8_t* x, float scale, int32_t zero, float* y);
void DequantizeS8(size_t n, const int8_t* x, float scale, int32_t zero, float* y);
void DequantizeS32(size_t n, const int32_t* x, float scale, int32_t zero, float* y);

struct FloatRange {
  float min = 0;
  float max = 0;
};

// min = +infinity and max = -infinity when every element is NaN, or n is 0. A zero's sign is not
// significant.
FloatRange MinMax(size_t n, const float* x);

// Smallest and largest of what several threads find.
class SharedRange {
 public:
  void Add(FloatRange range);
  // As MinMax of all; once nobody adds any more.
  FloatRange Get() const { return range_; }

 private:
  std::mutex mutex_;
  FloatRange range_ = {std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()};
};

struct U8Parameters {
  float scale = 1;
  uint8_t zero = 0;
};

// DynamicQuantizeLinear (ai.onnx 11): the range is widened to hold 0, then
//   scale = (max - min) / 255 (1 when they are equal), zero = saturate(round_half_even(0 - min /
//   scale)).
// `range` as MinMax gives it; an empty one counts as {0, 0}.
U8Parameters DynamicQuantizeParameters(FloatRange range);

// One kernel of the family.
struct QuantizeKernel {
  void (*quantize_u8)(size_t n, const float* x, float scale, int32_t zero, uint8_t* y);
  void (*quantize_s8)(size_t n, const float* x, float scale, int32_t zero, int8_t* y);
  void (*dequantize_u8)(size_t n, const uint8_t* x, float scale, int32_t zero, float* y);
  void (*dequantize_s8)(size_t n, const int8_t* x, float scale, int32_t zero, float* y);
  void (*dequantize_s32)(size_t n, const int32_t* x, float scale, int32_t zero, float* y);
  FloatRange (*min_max)(size_t n, const float* x);
};

extern KernelFamily quantize_family;
#define QUANTAB_KERNEL(name, needs) extern const QuantizeKernel name;
#include "core/kernels/quantize/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_QUANTIZE_QUANTIZE_H_
