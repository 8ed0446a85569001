// The one operation in which plain and relaxed float kernels differ, for code that is written once
// for both: kernels are templates over one of these, instantiated in simd128.cc and in relaxed.cc.
#ifndef QUANTAB_CORE_KERNELS_MULTIPLY_ADD_H_
#define QUANTAB_CORE_KERNELS_MULTIPLY_ADD_H_

#include "core/base/simd.h"

namespace quantab::kernels {

// a * b + c, rounded after the product and after the sum, on every machine.
struct RoundTwice {
  static v128_t MultiplyAdd(v128_t a, v128_t b, v128_t c) {
    return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
  }
};

#if QUANTAB_RELAXED_SIMD
// a * b + c, rounded once where the machine can.
struct RoundFreely {
  static v128_t MultiplyAdd(v128_t a, v128_t b, v128_t c) { return RelaxedMulAdd(a, b, c); }
};
#endif

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_MULTIPLY_ADD_H_
