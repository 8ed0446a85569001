// float16 and bfloat16 as bits, to and from float. Rounding is half to even; what is too large
// becomes infinity, NaN stays NaN.
#pragma once

#include <cstdint>

#include "core/tensor/tensor.h"

namespace quantab {

float HalfToFloat(uint16_t half);
uint16_t FloatToHalf(float value);
float Bfloat16ToFloat(uint16_t bits);
uint16_t FloatToBfloat16(float value);

inline bool IsHalf(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBfloat16; }

// A float32 copy of a float16 or bfloat16 tensor.
Tensor HalfToFloat(const Tensor& tensor);

// Rounds `values` into `out`, which is float16 or bfloat16 and as long.
void FloatToHalf(const Tensor& values, Tensor& out);

}  // namespace quantab
