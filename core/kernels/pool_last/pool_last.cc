#include "core/kernels/pool_last/pool_last.h"

#include <algorithm>
#include <limits>

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

// Puts together the rows of one output pixel. Largest: (count, rows, y) makes y the largest of each
// channel; no rows give the lowest value.
template <typename T, typename Largest>
struct Pixel {
  const Largest& largest;
  T* y;
  const T* rows[kMostRows] = {};
  size_t count = 0;

  void Add(const T* row) {
    if (count == kMostRows) Take();
    rows[count++] = row;
  }

  // What has come so far becomes y, which then counts as one row.
  void Take() {
    largest(count, rows, y);
    rows[0] = y;
    count = 1;
  }
};

template <typename T, typename Largest>
void ForEachPixel(const ConvShape& shape, size_t channels, const T* x, T* y,
                  const Largest& largest) {
  constexpr size_t kLanes = 16 / sizeof(T);
  const size_t row_steps = SaturatingMul(shape.out[2], channels, shape.Taps()) / kLanes;
  ParallelFor(shape.out[0] * shape.out[1], GrainFor(row_steps), [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      for (size_t ow = 0; ow < shape.out[2]; ++ow) {
        Pixel<T, Largest> pixel = {largest, y + (row * shape.out[2] + ow) * channels};
        VisitWindow(shape, row / shape.out[1], row % shape.out[1], ow,
                    [&](size_t in, size_t) { pixel.Add(x + in * channels); });
        pixel.Take();
      }
    }
  });
}

}  // namespace

constinit KernelFamily pool_last_family("pool_last", kEntries);

void MaxPoolLast(const ConvShape& shape, size_t channels, const uint8_t* x, bool is_signed,
                 uint8_t* y) {
  const PoolLastKernel& kernel = pool_last_family.Get<PoolLastKernel>();
  ForEachPixel(shape, channels, x, y, [&](size_t count, const uint8_t* const* rows, uint8_t* to) {
    if (count == 0) return FillBytes(is_signed ? 0x80 : 0, to, channels);
    kernel.largest(channels, count, rows, is_signed, to);
  });
}

void MaxPoolLastF32(const ConvShape& shape, size_t channels, const float* x, float* y) {
  const PoolLastKernel& kernel = pool_last_family.Get<PoolLastKernel>();
  ForEachPixel(shape, channels, x, y, [&](size_t count, const float* const* rows, float* to) {
    if (count == 0) {
      std::fill_n(to, channels, std::numeric_limits<float>::lowest());
    } else {
      kernel.largest_f32(channels, count, rows, to);
    }
  });
}

void SumPixels(size_t pixels, size_t channels, const uint8_t* x, bool is_signed, int32_t* y) {
  const PoolLastKernel& kernel = pool_last_family.Get<PoolLastKernel>();
  ParallelFor(channels, GrainFor(pixels / 16), [&](size_t begin, size_t end) {
    kernel.sum(pixels, end - begin, x + begin, channels, is_signed, y + begin);
  });
}

}  // namespace quantab::kernels
