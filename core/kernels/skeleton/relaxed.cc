#include "core/base/simd.h"
#include "core/kernels/skeleton/skeleton.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

void Run(size_t n, const float* x, float scale, float shift, float* y) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t shifts = wasm_f32x4_splat(shift);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    wasm_v128_store(y + i, RelaxedMulAdd(wasm_v128_load(x + i), scales, shifts));
  }
  for (; i < n; ++i) y[i] = x[i] * scale + shift;
}

}  // namespace

const SkeletonKernel skeleton_relaxed = {Run};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
