// Kernel family `pool_last`: pooling of channels-last images, 1 to 3 spatial dimensions.
//
//   the largest   y[p,c] = largest x[q,c] over the pixels q under the window of p; NaN if any is
//   NaN;
//                 the lowest finite value of the type when there are none
//   the sum       y[c] = sum of x[q,c] over all pixels q
//
// Geometry: ConvShape of im2col.h; batch, groups and the channel counts are not read.
#ifndef QUANTAB_CORE_KERNELS_POOL_LAST_POOL_LAST_H_
#define QUANTAB_CORE_KERNELS_POOL_LAST_POOL_LAST_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// One image: x is [D, H, W, channels] bytes, signed or not, y [OD, OH, OW, channels]; contiguous,
// no overlap.
void MaxPoolLast(const ConvShape& shape, size_t channels, const uint8_t* x, bool is_signed,
                 uint8_t* y);
// The same of floats.
void MaxPoolLastF32(const ConvShape& shape, size_t channels, const float* x, float* y);
// x is [pixels, channels] bytes, signed or not; y has `channels` elements. At most 2^23 pixels.
void SumPixels(size_t pixels, size_t channels, const uint8_t* x, bool is_signed, int32_t* y);

// One kernel of the family.
struct PoolLastKernel {
  // y[i] = largest of rows[t][i], t < count (at least 1), i < n.
  void (*largest)(size_t n, size_t count, const uint8_t* const* rows, bool is_signed, uint8_t* y);
  // The same of floats; which NaN comes out is not said.
  void (*largest_f32)(size_t n, size_t count, const float* const* rows, float* y);
  // y[c] = sum of x[q * row + c], q < pixels, c < n.
  void (*sum)(size_t pixels, size_t n, const uint8_t* x, size_t row, bool is_signed, int32_t* y);
};

extern KernelFamily pool_last_family;
#define QUANTAB_KERNEL(name, needs) extern const PoolLastKernel name;
#include "core/kernels/pool_last/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_POOL_LAST_POOL_LAST_H_
