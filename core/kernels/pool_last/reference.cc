#include <algorithm>

#include "core/kernels/pool_last/pool_last.h"

namespace quantab::kernels {
namespace {

// Bytes compare as unsigned numbers once a signed one's top bit is flipped.
void Largest(size_t n, size_t count, const uint8_t* const* rows, bool is_signed, uint8_t* y) {
  const uint8_t flip = is_signed ? 0x80 : 0;
  for (size_t i = 0; i < n; ++i) {
    uint8_t best = 0;
    for (size_t t = 0; t < count; ++t) {
      best = std::max(best, static_cast<uint8_t>(rows[t][i] ^ flip));
    }
    y[i] = best ^ flip;
  }
}

void LargestF32(size_t n, size_t count, const float* const* rows, float* y) {
  for (size_t i = 0; i < n; ++i) {
    float best = rows[0][i];
    for (size_t t = 1; t < count; ++t) {
      // The last comparison keeps a NaN, the first takes one.
      if (!(rows[t][i] <= best) && best == best) best = rows[t][i];
    }
    y[i] = best;
  }
}

void Sum(size_t pixels, size_t n, const uint8_t* x, size_t row, bool is_signed, int32_t* y) {
  std::fill_n(y, n, 0);
  for (size_t q = 0; q < pixels; ++q) {
    for (size_t c = 0; c < n; ++c) {
      const uint8_t byte = x[q * row + c];
      y[c] += is_signed ? int{static_cast<int8_t>(byte)} : int{byte};
    }
  }
}

}  // namespace

const PoolLastKernel pool_last_reference = {Largest, LargestF32, Sum};

}  // namespace quantab::kernels
