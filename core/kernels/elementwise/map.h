// Walks over the elements of one tensor, for the vector kernels of this family.
#ifndef QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_
#define QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_

#include <algorithm>

#include "core/base/simd.h"

namespace quantab::kernels {

// Applies f to four floats at a time, two times at once; the last ones in a buffer. y may be x.
template <typename F>
inline void Map(size_t n, const float* x, float* y, F f) {
  constexpr size_t kStep = 8;
  float last[kStep] = {};
  for (size_t i = 0; i < n; i += kStep) {
    const bool whole = i + kStep <= n;
    if (!whole) std::copy_n(x + i, n - i, last);
    const float* from = whole ? x + i : last;
    float* to = whole ? y + i : last;
    const v128_t first = f(wasm_v128_load(from));
    const v128_t second = f(wasm_v128_load(from + 4));
    wasm_v128_store(to, first);
    wasm_v128_store(to + 4, second);
  }
  const size_t rest = n % kStep;
  std::copy_n(last, rest, y + n - rest);
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ELEMENTWISE_MAP_H_
