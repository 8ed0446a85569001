#include "core/kernels/pool_last/pool_last.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/kernels/im2col/copy_bytes.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/pool_last/kernels.inc"
#undef QUANTAB_KERNEL
};

// Pixels handed to a kernel at a time; windows of more go in parts.
constexpr size_t kMostRows = 64;

// One output pixel.
struct Pixel {
  const PoolLastKernel& kernel;
  size_t channels;
  bool is_signed;
  uint8_t* y;
  const uint8_t* rows[kMostRows] = {};
  size_t count = 0;

  void Add(const uint8_t* row) {
    if (count == kMostRows) Take();
    rows[count++] = row;
  }

  // What has come so far becomes y, which then counts as one row.
  void Take() {
    if (count == 0) {
      FillBytes(is_signed ? 0x80 : 0, y, channels);
    } else {
      kernel.largest(channels, count, rows, is_signed, y);
    }
    rows[0] = y;
    count = 1;
  }
};

}  // namespace

constinit KernelFamily pool_last_family("pool_last", kEntries);

void MaxPoolLast(const ConvShape& shape, size_t channels, const uint8_t* x, bool is_signed,
                 uint8_t* y) {
  const PoolLastKernel& kernel = pool_last_family.Get<PoolLastKernel>();
  const size_t row_steps = SaturatingMul(shape.out[2], channels, shape.Taps()) / 16;
  ParallelFor(shape.out[0] * shape.out[1], GrainFor(row_steps), [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      for (size_t ow = 0; ow < shape.out[2]; ++ow) {
        Pixel pixel = {kernel, channels, is_signed, y + (row * shape.out[2] + ow) * channels};
        VisitWindow(shape, row / shape.out[1], row % shape.out[1], ow,
                    [&](size_t in, size_t) { pixel.Add(x + in * channels); });
        pixel.Take();
      }
    }
  });
}

}  // namespace quantab::kernels
