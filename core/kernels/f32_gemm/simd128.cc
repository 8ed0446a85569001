// 6 rows x 2 vectors: 12 accumulators, 2 vectors of B and one splat of A, the 15 registers that
// x86 leaves.
#include "core/kernels/f32_gemm/tile.h"

namespace quantab::kernels {

const F32GemmKernel f32_gemm_simd128_6x8 = {f32_gemm_tile::Run<RoundTwice>};

}  // namespace quantab::kernels
