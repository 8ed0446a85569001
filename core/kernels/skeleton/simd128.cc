#include "core/base/simd.h"
#include "core/kernels/skeleton/skeleton.h"

namespace quantab::kernels {
namespace {

void Run(size_t n, const float* x, float scale, float shift, float* y) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t shifts = wasm_f32x4_splat(shift);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t product = wasm_f32x4_mul(wasm_v128_load(x + i), scales);
    wasm_v128_store(y + i, wasm_f32x4_add(product, shifts));
  }
  for (; i < n; ++i) y[i] = x[i] * scale + shift;
}

}  // namespace

const SkeletonKernel skeleton_simd128 = {Run};

}  // namespace quantab::kernels
