#include <algorithm>

#include "core/kernels/f32_gemm/f32_gemm.h"

namespace quantab::kernels {
namespace {

void Run(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed, float* c,
         size_t ldc, const F32GemmEpilogue& epilogue) {
  for (size_t row = 0; row < m; ++row) {
    for (size_t column = 0; column < n; ++column) {
      const float* panel =
          packed + column / kF32GemmPanel * kF32GemmPanel * k + column % kF32GemmPanel;
      float sum = 0;
      for (size_t i = 0; i < k; ++i) sum += a[row * lda + i] * panel[i * kF32GemmPanel];
      if (epilogue.row_bias != nullptr) sum += epilogue.row_bias[row];
      if (epilogue.column_bias != nullptr) sum += epilogue.column_bias[column];
      if (sum < epilogue.min) sum = epilogue.min;
      if (sum > epilogue.max) sum = epilogue.max;
      c[row * ldc + column] = sum;
    }
  }
}

}  // namespace

const F32GemmKernel f32_gemm_reference = {Run};

}  // namespace quantab::kernels
