// Floating point numbers of 4, 6 and 8 bits, as codes in the low bits of a byte: float4e2m1,
// float6e2m3, float6e3m2, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz and float8e8m0.
#pragma once

#include <cstdint>

#include "core/tensor/dtype.h"

namespace quantab {

bool IsSmallFloat(DType dtype);

// The number behind a code; float32 holds all of them exactly.
float SmallFloatValue(DType dtype, uint8_t code);

// How float8e8m0, which is nothing but an exponent, rounds a number between two powers of two.
// Nearest takes the larger one of two that are equally near.
enum class ScaleRounding { kUp, kDown, kNearest };

struct SmallFloatRounding {
  // What is too large becomes the largest number, instead of infinity or NaN. Types that have
  // neither always do so.
  bool saturate = true;
  ScaleRounding scale = ScaleRounding::kUp;
};

// The nearest number, half to even, except for float8e8m0. Types without NaN have -0 for it.
// float8e8m0 has NaN for negative numbers, and without `saturate` for 0 and all that is too small.
uint8_t SmallFloatCode(DType dtype, double value, SmallFloatRounding rounding = {});

}  // namespace quantab
