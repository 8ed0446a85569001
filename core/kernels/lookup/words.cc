// Eight bytes at a time, read and written as one word: vectors have no lookup in 256 entries that
// would take fewer instructions.
#include <cstring>

#include "core/base/simd.h"
#include "core/kernels/lookup/lookup.h"

namespace quantab::kernels {
namespace {

constexpr size_t kBytes = sizeof(uint64_t);

void Run(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  size_t i = 0;
  for (; i + kBytes <= n; i += kBytes) {
    uint64_t word = 0;
    uint64_t result = 0;
    std::memcpy(&word, x + i, kBytes);
    QUANTAB_UNROLL
    for (size_t b = 0; b < kBytes; ++b) {
      result |= uint64_t{table[(word >> (8 * b)) & 0xFF]} << (8 * b);
    }
    std::memcpy(y + i, &result, kBytes);
  }
  for (; i < n; ++i) y[i] = table[x[i]];
}

}  // namespace

const LookupKernel lookup_words = {Run};

}  // namespace quantab::kernels
