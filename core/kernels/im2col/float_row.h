// Floats of neighbouring windows: shared by the vector kernels of depthwise convolution and
// pooling.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_FLOAT_ROW_H_
#define QUANTAB_CORE_KERNELS_IM2COL_FLOAT_ROW_H_

#include <cstddef>

#include "core/base/simd.h"

namespace quantab::kernels {

// x[0], x[stride], x[2 * stride], x[3 * stride]; reads nothing beyond the last. kStride 0: any
// stride.
template <size_t kStride>
inline v128_t LoadStrided(const float* x, size_t stride) {
  if constexpr (kStride == 1) {
    return wasm_v128_load(x);
  } else if constexpr (kStride == 2) {
    return wasm_i32x4_shuffle(wasm_v128_load(x), wasm_v128_load(x + 3), 0, 2, 5, 7);
  } else {
    return wasm_f32x4_make(x[0], x[stride], x[2 * stride], x[3 * stride]);
  }
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_FLOAT_ROW_H_
