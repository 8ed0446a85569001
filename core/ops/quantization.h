// What the quantized operators share: element ranges, scales and zero points, and the runs of
// elements that have one scale.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/ops/types.h"

namespace quantab {

// Lowest and highest value of a quantized type; {0, 0} for others.
struct QuantizedRange {
  int32_t low = 0, high = 0;
};
QuantizedRange RangeOf(DType dtype);

// saturate(round_half_even(x / scale) + zero). NaN gives the lowest value.
inline int32_t QuantizeOne(float x, float scale, int32_t zero, QuantizedRange range) {
  const float rounded = std::nearbyint(x / scale);
  const float low = static_cast<float>(range.low - zero);
  const float high = static_cast<float>(range.high - zero);
  if (!(rounded > low)) return range.low;
  if (rounded > high) return range.high;
  return static_cast<int32_t>(rounded) + zero;
}

// n values of a quantized type of at least a byte, by one scale and zero point.
void QuantizeRun(size_t n, const float* x, float scale, int32_t zero, DType dtype, void* y);
void DequantizeRun(size_t n, const void* x, DType dtype, float scale, int32_t zero, float* y);

// Any quantized or integer tensor's elements as int32; 4-bit and 2-bit ones are unpacked.
std::vector<int32_t> IntegersOf(const Tensor& tensor);

// The numbers that the codes of a tensor stand for (see HasCodes in packed.h).
std::vector<float> NumbersOf(const Tensor& tensor);

// Zero points as int32; an absent tensor gives a single 0.
std::vector<int32_t> ZeroPoints(const Tensor* tensor);

// Whether one zero point, input 2 or 0, serves all scales, which are input 1. Throws
// Error(kInvalidModel) when there are neither one nor as many.
bool HasOneZero(const OpContext& c);

// Input `i`, scales of type float32, int32 or float8e8m0, as float32.
const float* ScalesInput(OpContext& c, int i);

// Input `i` as the float32 scalar it must be.
float ScalarInput(const OpContext& c, int i);

// Input `i` as an 8-bit scalar, which it must be; 0 when it is absent.
int32_t ZeroInput(const OpContext& c, int i);

inline bool IsByte(DType dtype) { return dtype == DType::kUint8 || dtype == DType::kInt8; }

// Whether input `i` is int8; throws unless it is int8 or uint8.
bool IsSignedByte(const OpContext& c, int i);

// How scales are spread over a tensor: one for all, by index of an axis, or by blocks along it.
struct ScaleLayout {
  size_t outer = 1, size = 1, inner = 1;  // the tensor as [outer, size, inner] around the axis
  size_t block = 0;                       // scales change every `block` indices; 0 means per tensor
  size_t blocks = 1;                      // along the axis
  bool by_block = false;                  // scales also vary with outer and inner
};

// From the shapes of a tensor and of its scale, and the node's attributes `axis` and `block_size`.
ScaleLayout LayoutOfScales(const OpContext& c, const Shape& tensor, const Shape& scale);

// Calls run(first element, count, index of the scale) over all elements in order.
template <class F>
void ForEachScale(const ScaleLayout& s, F&& run) {
  if (s.block == 0) return run(size_t{0}, s.outer * s.size * s.inner, size_t{0});
  for (size_t o = 0; o < s.outer; ++o) {
    for (size_t first = 0; first < s.size; first += s.block) {
      const size_t count = std::min(s.block, s.size - first);
      const size_t index = first / s.block;
      const size_t start = (o * s.size + first) * s.inner;
      if (!s.by_block) {
        run(start, count * s.inner, index);
      } else if (s.inner == 1) {
        run(start, count, o * s.blocks + index);
      } else {
        for (size_t k = 0; k < count; ++k) {
          for (size_t i = 0; i < s.inner; ++i) {
            run(start + k * s.inner + i, size_t{1}, (o * s.blocks + index) * s.inner + i);
          }
        }
      }
    }
  }
}

}  // namespace quantab
