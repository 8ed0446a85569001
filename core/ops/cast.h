// Conversion between element types, as ONNX's Cast defines it.
#pragma once

#include "core/ops/op.h"

namespace quantab {

// Writes the elements of `x`, converted, to output 0 of type `to`. Throws Error(kUnsupported) for
// strings, complex numbers and types of less than 16 bits other than integers and bool.
//
// Floats become integers towards zero; what an integer type cannot hold is undefined in ONNX and
// here saturates at 64 bits and then keeps the low bits, on every machine. Integers become narrower
// integers by keeping the low bits. Anything but zero is true. To float16 and bfloat16: nearest,
// ties to even, infinity beyond the range.
void CastTo(OpContext& c, const Tensor& x, DType to);

}  // namespace quantab
