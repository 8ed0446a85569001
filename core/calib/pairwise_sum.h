// Sums in numpy's order, so that figures made of them come out as onnxruntime's do, to the bit.
#pragma once

#include <cstddef>
#include <span>

namespace quantab {

// The sum in T's own precision: eight running sums up to 128 values, halves of more. See
// numpy.sum's notes on partial pairwise summation.
template <class T>
T PairwiseSum(std::span<const T> values) {
  const size_t n = values.size();
  if (n < 8) {
    T sum = 0;
    for (T value : values) sum += value;
    return sum;
  }
  if (n > 128) {
    const size_t half = n / 2 / 8 * 8;
    return PairwiseSum(values.first(half)) + PairwiseSum(values.subspan(half));
  }
  T part[8];
  for (size_t i = 0; i < 8; ++i) part[i] = values[i];
  const size_t whole = n / 8 * 8;
  for (size_t i = 8; i < whole; ++i) part[i % 8] += values[i];
  T sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  for (size_t i = whole; i < n; ++i) sum += values[i];
  return sum;
}

}  // namespace quantab
