#include "core/kernels/f32_gemm/f32_gemm.h"

#include <algorithm>

#include "core/kernels/bytes.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/f32_gemm/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily f32_gemm_family("f32_gemm", kEntries);

size_t F32GemmPackedBytes(size_t n, size_t k) {
  return SaturatingMul(SaturatingRoundUp(n, kF32GemmPanel), k, sizeof(float));
}

void F32GemmPack(size_t n, size_t k, const float* b, size_t ldb, bool transposed, float* packed) {
  if (k == 0) return;  // nothing to pack, however many columns there are
  const size_t k_step = transposed ? 1 : ldb;
  const size_t n_step = transposed ? ldb : 1;
  for (size_t first = 0; first < n; first += kF32GemmPanel) {
    const size_t columns = std::min(kF32GemmPanel, n - first);
    const float* from = b + first * n_step;
    for (size_t i = 0; i < k; ++i, packed += kF32GemmPanel, from += k_step) {
      size_t c = 0;
      for (; c < columns; ++c) packed[c] = from[c * n_step];
      for (; c < kF32GemmPanel; ++c) packed[c] = 0;
    }
  }
}

void F32Gemm(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed,
             float* c, size_t ldc, const F32GemmEpilogue& epilogue) {
  f32_gemm_family.Get<F32GemmKernel>().run(m, n, k, a, lda, packed, c, ldc, epilogue);
}

}  // namespace quantab::kernels
