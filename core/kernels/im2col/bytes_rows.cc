// Windows of channels-last bytes, one kernel row of a run of neighbouring pixels at a time: where
// channels lie together and the window is not dilated, that is one copy for each pixel.
#include "core/kernels/im2col/bytes_rows.h"

#include <algorithm>

#include "core/kernels/im2col/copy_bytes.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels::im2col_simd {
namespace {

// Bytes of an image, and of the matrix that is made of them.
struct Bytes {
  const ConvShape& shape;
  size_t channels;
  const uint8_t* x;
  size_t x_stride;
  uint8_t pad_value;

  size_t RowBytes() const { return shape.kernel[2] * channels; }
  size_t Depth() const { return shape.Taps() * channels; }
};

// The taps of one kernel row of one pixel; `row` is the input row's first byte.
void CopyTaps(const Bytes& b, const uint8_t* row, size_t ow, uint8_t* to) {
  const TapRange inside = TapsInside(b.shape, 2, ow);
  FillBytes(b.pad_value, to, inside.begin * b.channels);
  for (size_t kw = inside.begin; kw < inside.end; ++kw) {
    const size_t column = ow * b.shape.stride[2] + kw * b.shape.dilation[2] - b.shape.pad[2];
    CopyBytes(row + column * b.x_stride, to + kw * b.channels, b.channels);
  }
  FillBytes(b.pad_value, to + inside.end * b.channels,
            (b.shape.kernel[2] - inside.end) * b.channels);
}

// One kernel row of the pixels [begin, end) of an output row: `to` is the first one's place.
void CopyKernelRow(const Bytes& b, const uint8_t* row, size_t begin, size_t end, uint8_t* to) {
  const size_t depth = b.Depth();
  const TapRange whole = WholeWindows(b.shape);
  const bool together = b.shape.dilation[2] == 1 && b.x_stride == b.channels;
  const size_t first = together ? std::clamp(whole.begin, begin, end) : end;
  const size_t last = together ? std::clamp(whole.end, first, end) : end;
  for (size_t ow = begin; ow < first; ++ow, to += depth) CopyTaps(b, row, ow, to);
  const size_t bytes = b.RowBytes();
  const size_t step = b.shape.stride[2] * b.x_stride;
  if (first < last) {
    const uint8_t* from = row + (first * b.shape.stride[2] - b.shape.pad[2]) * b.x_stride;
    for (size_t ow = first; ow < last; ++ow, from += step, to += depth) CopyBytes(from, to, bytes);
  }
  for (size_t ow = last; ow < end; ++ow, to += depth) CopyTaps(b, row, ow, to);
}

}  // namespace

void BytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
               uint8_t pad_value, size_t first, size_t count, uint8_t* rows) {
  const Bytes b = {shape, channels, x, x_stride, pad_value};
  const size_t row_bytes = b.RowBytes();
  const size_t kernel_rows = shape.kernel[0] * shape.kernel[1];
  while (count > 0) {
    const size_t begin = first % shape.out[2];
    const size_t out_row = first / shape.out[2];
    const size_t end = std::min(shape.out[2], begin + count);
    const size_t pixels = end - begin;
    size_t next = 0;  // the kernel row after the last one written
    const auto fill_to = [&](size_t kernel_row) {
      for (; next < kernel_row; ++next) {
        for (size_t i = 0; i < pixels; ++i) {
          FillBytes(pad_value, rows + i * b.Depth() + next * row_bytes, row_bytes);
        }
      }
    };
    VisitRows(shape, out_row / shape.out[1], out_row % shape.out[1],
              [&](size_t kernel_row, size_t input_row) {
                fill_to(kernel_row);
                CopyKernelRow(b, x + input_row * shape.in[2] * x_stride, begin, end,
                              rows + kernel_row * row_bytes);
                next = kernel_row + 1;
              });
    fill_to(kernel_rows);
    rows += pixels * b.Depth();
    first += pixels;
    count -= pixels;
  }
}

}  // namespace quantab::kernels::im2col_simd
