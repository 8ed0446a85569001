// Walks over the elements of one tensor, for the vector kernels of this family.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_

#include <algorithm>

#include "core/base/simd.h"

namespace quantab::kernels {

// Applies f to four floats at a time, kVectors times at once; the last ones in a buffer. y may be
// x. A long f takes four: that hides most of its latency.
template <size_t kVectors = 2, typename F>
inline void Map(size_t n, const float* x, float* y, F f) {
  constexpr size_t kStep = 4 * kVectors;
  float last[kStep] = {};
  for (size_t i = 0; i < n; i += kStep) {
    const bool whole = i + kStep <= n;
    if (!whole) std::copy_n(x + i, n - i, last);
    const float* from = whole ? x + i : last;
    float* to = whole ? y + i : last;
    v128_t values[kVectors];
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) values[v] = wasm_v128_load(from + 4 * v);
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) values[v] = f(values[v]);
    QUANTAB_UNROLL
    for (size_t v = 0; v < kVectors; ++v) wasm_v128_store(to + 4 * v, values[v]);
  }
  const size_t rest = n % kStep;
  std::copy_n(last, rest, y + n - rest);
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_
