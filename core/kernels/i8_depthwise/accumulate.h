// What simd128.cc and relaxed.cc share: sums of terms for four pixels at a time, whose weights are
// then loaded once.
#ifndef QUANTAB_CORE_KERNELS_I8_DEPTHWISE_ACCUMULATE_H_
#define QUANTAB_CORE_KERNELS_I8_DEPTHWISE_ACCUMULATE_H_

#include "core/base/simd.h"
#include "core/kernels/i8_depthwise/i8_depthwise.h"

namespace quantab::kernels::i8_depthwise_simd {

// dot(w, x, acc): acc plus the products of 16 bytes of each, by 32-bit lanes.
template <int kPixels, typename Dot>
inline void AccumulatePixels(size_t terms, const uint8_t* values, const size_t* offsets,
                             size_t step, const uint8_t* w, int32_t* acc, Dot dot) {
  v128_t sum[kPixels][2];
  QUANTAB_UNROLL
  for (int p = 0; p < kPixels; ++p) sum[p][0] = sum[p][1] = wasm_i32x4_splat(0);
  for (size_t t = 0; t < terms; ++t, w += kI8DepthwiseTermBytes) {
    const v128_t low = wasm_v128_load(w);
    const v128_t high = wasm_v128_load(w + 16);
    const uint8_t* x = values + offsets[t];
    QUANTAB_UNROLL
    for (int p = 0; p < kPixels; ++p, x += step) {
      sum[p][0] = dot(low, wasm_v128_load(x), sum[p][0]);
      sum[p][1] = dot(high, wasm_v128_load(x + 16), sum[p][1]);
    }
  }
  QUANTAB_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    wasm_v128_store(acc + 8 * p, sum[p][0]);
    wasm_v128_store(acc + 8 * p + 4, sum[p][1]);
  }
}

// See I8DepthwiseKernel::accumulate.
template <typename Dot>
inline void AccumulateRow(size_t n, size_t terms, const uint8_t* values, const size_t* offsets,
                          size_t step, const void* w, int32_t* acc, Dot dot) {
  const auto* weights = static_cast<const uint8_t*>(w);
  size_t i = 0;
  for (; i + 4 <= n; i += 4, acc += 4 * kI8DepthwiseChannels) {
    AccumulatePixels<4>(terms, values + i * step, offsets, step, weights, acc, dot);
  }
  values += i * step;
  switch (n - i) {
    case 1:
      return AccumulatePixels<1>(terms, values, offsets, step, weights, acc, dot);
    case 2:
      return AccumulatePixels<2>(terms, values, offsets, step, weights, acc, dot);
    case 3:
      return AccumulatePixels<3>(terms, values, offsets, step, weights, acc, dot);
    default:
      return;
  }
}

}  // namespace quantab::kernels::i8_depthwise_simd

#endif  // QUANTAB_CORE_KERNELS_I8_DEPTHWISE_ACCUMULATE_H_
