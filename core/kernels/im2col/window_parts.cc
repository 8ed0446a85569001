#include "core/kernels/im2col/window_parts.h"

#include <algorithm>

#include "core/kernels/bytes.h"
#include "core/kernels/im2col/copy_bytes.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels {
namespace {

// Below it copying windows is faster.
constexpr size_t kLeastRowBytes = 24;
constexpr size_t kLeastTapBytes = 8;

// Writes the parts of one block of pixels.
class Parts {
 public:
  Parts(const ConvShape& shape, const uint8_t* x, uint8_t pad_value, size_t count, void* room)
      : shape_(shape),
        of_(WindowPartsOf(shape)),
        x_(x),
        pad_value_(pad_value),
        whole_(WholeWindows(shape)),
        parts_(static_cast<const uint8_t**>(room)),
        outside_(static_cast<uint8_t*>(room) + count * of_.count * sizeof(uint8_t*)),
        copies_(outside_ + of_.bytes) {
    FillBytes(pad_value, outside_, of_.bytes);
  }

  // The pixels [begin, end) of output row `row`, of which the first is the block's pixel `at`.
  void AddRow(size_t row, size_t begin, size_t end, size_t at) {
    const uint8_t** parts = parts_ + at * of_.count;
    std::fill_n(parts, (end - begin) * of_.count, outside_);
    VisitRows(shape_, row / shape_.out[1], row % shape_.out[1],
              [&](size_t kernel_row, size_t input_row) {
                const uint8_t* from = x_ + input_row * shape_.in[2] * shape_.in_channels;
                if (shape_.dilation[2] == 1) {
                  AddKernelRow(from, begin, end, parts + kernel_row);
                } else {
                  AddTaps(from, begin, end, parts + kernel_row * shape_.kernel[2]);
                }
              });
  }

 private:
  // One part of each of the pixels [begin, end); `from` is the input row's first byte.
  void AddKernelRow(const uint8_t* from, size_t begin, size_t end, const uint8_t** parts) {
    const size_t count = of_.count;
    const size_t first = std::clamp(whole_.begin, begin, end);
    const size_t last = std::clamp(whole_.end, first, end);
    for (size_t ow = begin; ow < first; ++ow, parts += count) *parts = Copy(from, ow);
    const size_t step = shape_.stride[2] * shape_.in_channels;
    if (first < last) {
      const uint8_t* part = from + (first * shape_.stride[2] - shape_.pad[2]) * shape_.in_channels;
      for (size_t ow = first; ow < last; ++ow, part += step, parts += count) *parts = part;
    }
    for (size_t ow = last; ow < end; ++ow, parts += count) *parts = Copy(from, ow);
  }

  // The taps of one kernel row of each of the pixels [begin, end), as parts of their own.
  void AddTaps(const uint8_t* from, size_t begin, size_t end, const uint8_t** parts) {
    for (size_t ow = begin; ow < end; ++ow, parts += of_.count) {
      const TapRange inside = TapsInside(shape_, 2, ow);
      for (size_t kw = inside.begin; kw < inside.end; ++kw) {
        const size_t column = ow * shape_.stride[2] + kw * shape_.dilation[2] - shape_.pad[2];
        parts[kw] = from + column * shape_.in_channels;
      }
    }
  }

  // The part of a window that sticks out of the input row.
  const uint8_t* Copy(const uint8_t* from, size_t ow) {
    const TapRange inside = TapsInside(shape_, 2, ow);
    if (inside.begin == inside.end) return outside_;
    const size_t channels = shape_.in_channels;
    uint8_t* to = copies_;
    copies_ += of_.bytes;
    const size_t column = ow * shape_.stride[2] + inside.begin - shape_.pad[2];
    FillBytes(pad_value_, to, inside.begin * channels);
    CopyBytes(from + column * channels, to + inside.begin * channels,
              (inside.end - inside.begin) * channels);
    FillBytes(pad_value_, to + inside.end * channels, (shape_.kernel[2] - inside.end) * channels);
    return to;
  }

  const ConvShape& shape_;
  WindowParts of_;
  const uint8_t* x_;
  uint8_t pad_value_;
  TapRange whole_;
  const uint8_t** parts_;
  uint8_t* outside_;
  uint8_t* copies_;
};

}  // namespace

WindowParts WindowPartsOf(const ConvShape& shape) {
  if (shape.groups != 1) return {};
  const bool together = shape.dilation[2] == 1;
  const size_t bytes = SaturatingMul(together ? shape.kernel[2] : 1, shape.in_channels);
  if (bytes % 4 != 0 || bytes < (together ? kLeastRowBytes : kLeastTapBytes)) return {};
  return {.count = together ? SaturatingMul(shape.kernel[0], shape.kernel[1]) : shape.Taps(),
          .bytes = bytes};
}

size_t WindowPartsBytes(const ConvShape& shape, size_t count) {
  const WindowParts of = WindowPartsOf(shape);
  const size_t parts = SaturatingMul(count, of.count);
  return SaturatingAdd(SaturatingMul(parts, sizeof(uint8_t*)),
                       SaturatingMul(SaturatingAdd(parts, 1), of.bytes));
}

const uint8_t* const* MakeWindowParts(const ConvShape& shape, const uint8_t* x, uint8_t pad_value,
                                      size_t first, size_t count, void* room) {
  Parts parts(shape, x, pad_value, count, room);
  for (size_t at = 0; at < count;) {
    const size_t begin = (first + at) % shape.out[2];
    const size_t end = std::min(shape.out[2], begin + count - at);
    parts.AddRow((first + at) / shape.out[2], begin, end, at);
    at += end - begin;
  }
  return static_cast<const uint8_t* const*>(room);
}

}  // namespace quantab::kernels
