#include "core/kernels/f32_gemm/tile.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

struct MulAdd {
  static v128_t Run(v128_t a, v128_t b, v128_t c) { return RelaxedMulAdd(a, b, c); }
};

}  // namespace

const F32GemmKernel f32_gemm_relaxed_6x8 = {f32_gemm_tile::Run<MulAdd>};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
