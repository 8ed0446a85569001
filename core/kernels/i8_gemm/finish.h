// What simd128.cc and relaxed.cc share: the last bytes of a row, its sum, and the way from int32
// accumulators to results.
#ifndef QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_H_
#define QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_H_

#include <cstring>

#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels::i8_gemm_simd {

// The last `count` (1 to 7) of the k bytes at row, the first of them lowest, zeros above. Without a
// call to memcpy, which in WebAssembly costs more than the products.
inline uint64_t LastBytes(const uint8_t* row, size_t k, size_t count) {
  uint64_t bytes = 0;
  if (k >= sizeof(bytes)) {
    std::memcpy(&bytes, row + k - sizeof(bytes), sizeof(bytes));
    return bytes >> (8 * (sizeof(bytes) - count));
  }
  for (size_t i = 0; i < count; ++i) bytes |= uint64_t{row[k - count + i]} << (8 * i);
  return bytes;
}

// Sum of k bytes, modulo 2^32.
int32_t RowSum(size_t k, const uint8_t* a, bool a_signed);

// See I8GemmKernel::finish.
void Finish(size_t rows, size_t n, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
            void* y, size_t y_row);

// See I8GemmKernel::add.
FloatRange Add(size_t n, const float* z, float low, float high, float* y);

}  // namespace quantab::kernels::i8_gemm_simd

#endif  // QUANTAB_CORE_KERNELS_I8_GEMM_FINISH_H_
