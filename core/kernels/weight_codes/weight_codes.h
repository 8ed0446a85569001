// Kernel family `weight_codes`: the integers of a weight.
//
//   codes   y[i] = clamp(round_half_even(x[i] / scale[i]) + zero[i], low, high)
//           with one scale and zero for all elements, or one for each; NaN gives low
//   pack    two codes of 4 bits to a byte, the first in the low bits; of an odd number of codes the
//           last high bits are 0
//
// Exact: every kernel gives the same bits.
// The caller: n elements each, no overlap; scales are positive; low <= zero[i] <= high, and both
// ends lie in the range of y's type. `pack` takes the low 4 bits of n bytes and gives (n + 1) / 2.
#ifndef QUANTAB_CORE_KERNELS_WEIGHT_CODES_WEIGHT_CODES_H_
#define QUANTAB_CORE_KERNELS_WEIGHT_CODES_WEIGHT_CODES_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

struct CodeParameters {
  const float* scale = nullptr;
  const int32_t* zero = nullptr;
  bool each = false;  // whether every element has its own scale and zero
  int32_t low = 0;
  int32_t high = 0;
};

void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, uint8_t* y);
void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, int8_t* y);
void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, uint16_t* y);
void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, int16_t* y);
void PackNibbles(size_t n, const uint8_t* codes, uint8_t* y);

// One kernel of the family.
struct WeightCodesKernel {
  void (*u8)(size_t n, const float* x, const CodeParameters& parameters, uint8_t* y);
  void (*s8)(size_t n, const float* x, const CodeParameters& parameters, int8_t* y);
  void (*u16)(size_t n, const float* x, const CodeParameters& parameters, uint16_t* y);
  void (*s16)(size_t n, const float* x, const CodeParameters& parameters, int16_t* y);
  void (*pack)(size_t n, const uint8_t* codes, uint8_t* y);
};

extern KernelFamily weight_codes_family;
#define QUANTAB_KERNEL(name, needs) extern const WeightCodesKernel name;
#include "core/kernels/weight_codes/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_WEIGHT_CODES_WEIGHT_CODES_H_
