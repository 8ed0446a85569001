// Rotary position embedding of one head: pairs of elements turned by the angles of a position.
#pragma once

#include <algorithm>
#include <cstddef>

namespace quantab {

// y = x, `size` elements, of which the first 2 * `half` are turned pairwise by the angles whose
// cosines and sines are given, `half` of each. Element i is paired with element half + i, or,
// `interleaved`, element 2 i with 2 i + 1. y is x, or does not overlap it.
inline void RotateHead(size_t size, size_t half, bool interleaved, const float* cosines,
                       const float* sines, const float* x, float* y) {
  const size_t step = interleaved ? 2 : 1;
  const size_t partner = interleaved ? 1 : half;
  for (size_t i = 0; i < half; ++i) {
    const float a = x[i * step], b = x[i * step + partner];
    y[i * step] = cosines[i] * a - sines[i] * b;
    y[i * step + partner] = sines[i] * a + cosines[i] * b;
  }
  if (y != x) std::copy(x + 2 * half, x + size, y + 2 * half);
}

}  // namespace quantab
