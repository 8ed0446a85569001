// 6 rows x 2 vectors: 12 accumulators, 2 vectors of B and one splat of A, the 15 registers that
// x86 leaves.
#include "core/kernels/f32_gemm/tile.h"

namespace quantab::kernels {
namespace {

struct MulAdd {
  static v128_t Run(v128_t a, v128_t b, v128_t c) {
    return wasm_f32x4_add(c, wasm_f32x4_mul(a, b));
  }
};

}  // namespace

const F32GemmKernel f32_gemm_simd128_6x8 = {f32_gemm_tile::Run<MulAdd>};

}  // namespace quantab::kernels
