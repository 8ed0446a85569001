// Kernel family `f32_gemm`: float matrix product.
//
//   C[m,n] = clamp(row_bias[m] + column_bias[n] + sum over k of A[m,k] * B[k,n], min, max)
//
// Tile: 6 rows x 8 columns; B is packed beforehand in panels of 8 columns. The sum runs over k
// upwards, one rounding for the product and one for the addition (relaxed kernels may round once),
// starting from 0; the biases are added to it last.
#ifndef QUANTAB_CORE_KERNELS_F32_GEMM_F32_GEMM_H_
#define QUANTAB_CORE_KERNELS_F32_GEMM_F32_GEMM_H_

#include <cstddef>
#include <limits>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// Columns of a panel of packed B. Element (k, n) of B lies at packed[((n / 8) * K + k) * 8 + n %
// 8]; columns beyond N are 0.
inline constexpr size_t kF32GemmPanel = 8;

// Bytes of the packed form of a K x N matrix: ceil(N / 8) * 8 * K * sizeof(float). SIZE_MAX when
// they are more (bytes.h).
size_t F32GemmPackedBytes(size_t n, size_t k);

// Packs B. Element (k, n) is read at b[k * ldb + n], or at b[n * ldb + k] when `transposed`.
// packed: F32GemmPackedBytes(n, k) bytes, aligned to 4; not overlapping b.
void F32GemmPack(size_t n, size_t k, const float* b, size_t ldb, bool transposed, float* packed);

struct F32GemmEpilogue {
  const float* row_bias = nullptr;     // M floats, or null
  const float* column_bias = nullptr;  // N floats, or null
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};

// The caller: A has M rows of K floats, lda >= K apart; C has M rows of N floats, ldc >= N apart,
// and overlaps nothing else. M, N or K may be 0 (K = 0 gives the clamped bias). NaN stays NaN.
void F32Gemm(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed,
             float* c, size_t ldc, const F32GemmEpilogue& epilogue = {});

// One kernel of the family.
struct F32GemmKernel {
  void (*run)(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed,
              float* c, size_t ldc, const F32GemmEpilogue& epilogue);
};

extern KernelFamily f32_gemm_family;
#define QUANTAB_KERNEL(name, needs) extern const F32GemmKernel name;
#include "core/kernels/f32_gemm/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_F32_GEMM_F32_GEMM_H_
