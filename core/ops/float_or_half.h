// Tensors that are float32, float16 or bfloat16, for operators that read them element by element:
// scales of weights, of which there may be too many to make float32 copies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tensor/half.h"
#include "core/tensor/tensor.h"

namespace quantab {

inline bool IsFloatOrHalf(DType dtype) { return dtype == DType::kFloat || IsHalf(dtype); }

// Element `i`.
inline float FloatAt(const Tensor& tensor, size_t i) {
  if (tensor.dtype() == DType::kFloat) return reinterpret_cast<const float*>(tensor.raw())[i];
  const uint16_t bits = reinterpret_cast<const uint16_t*>(tensor.raw())[i];
  return tensor.dtype() == DType::kFloat16 ? HalfToFloat(bits) : Bfloat16ToFloat(bits);
}

// The tensor as float32: itself, or a copy of half precision.
inline Tensor AsFloat(const Tensor& tensor) {
  return IsHalf(tensor.dtype()) ? HalfToFloat(tensor) : tensor;
}

}  // namespace quantab
