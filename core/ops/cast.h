// Conversion between element types, as ONNX's Cast defines it.
#pragma once

#include "core/ops/op.h"
#include "core/tensor/small_float.h"

namespace quantab {

// Writes the elements of `x`, converted, to output 0 of type `to`. Throws Error(kUnsupported) for
// complex numbers, Error(kInvalidArgument) for a text that is no number.
//
// Floats become integers towards zero; what an integer type cannot hold is undefined in ONNX and
// here saturates at 64 bits and then keeps the low bits, on every machine. Integers become narrower
// integers by keeping the low bits. Anything but zero is true. To float16 and bfloat16: nearest,
// ties to even, infinity beyond the range. To smaller floats: see small_float.h.
void CastTo(OpContext& c, const Tensor& x, DType to, SmallFloatRounding rounding = {});

}  // namespace quantab
