// Kernel family `pool`: largest and mean element of windows, channels first, 1 to 3 spatial
// dimensions.
//
//   max       y[p] = largest x under the window of p; positions outside the input do not count; NaN
//   if any is NaN.
//             The lowest value of the type when no tap lies inside.
//   average   y[p] = (sum of x under the window) / (taps inside the input), or / (taps inside the
//   padded input) when
//             count_pad; 0 when that count is 0
//
// Geometry: ConvShape of im2col.h; batch, groups and the channel counts are not read. The padded
// input ends where `pad_end` says.
#ifndef QUANTAB_CORE_KERNELS_POOL_POOL_H_
#define QUANTAB_CORE_KERNELS_POOL_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// The caller: x has `planes` planes of shape.InPixels(), y `planes` of shape.OutPixels(),
// contiguous; no overlap. planes = batch * channels.
void MaxPoolF32(const ConvShape& shape, size_t planes, const float* x, float* y);
void MaxPoolU8(const ConvShape& shape, size_t planes, const uint8_t* x, uint8_t* y);
void MaxPoolS8(const ConvShape& shape, size_t planes, const int8_t* x, int8_t* y);
void AveragePoolF32(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
                    bool count_pad, const float* x, float* y);

// One kernel of the family.
struct PoolKernel {
  void (*max_f32)(const ConvShape& shape, size_t planes, const float* x, float* y);
  void (*max_u8)(const ConvShape& shape, size_t planes, const uint8_t* x, uint8_t* y);
  void (*max_s8)(const ConvShape& shape, size_t planes, const int8_t* x, int8_t* y);
  void (*average_f32)(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
                      bool count_pad, const float* x, float* y);
};

extern KernelFamily pool_family;
#define QUANTAB_KERNEL(name, needs) extern const PoolKernel name;
#include "core/kernels/pool/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_POOL_POOL_H_
