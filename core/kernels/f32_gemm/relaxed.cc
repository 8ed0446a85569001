#include "core/kernels/f32_gemm/tile.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {

const F32GemmKernel f32_gemm_relaxed_6x8 = {f32_gemm_tile::Run<RoundFreely>};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
