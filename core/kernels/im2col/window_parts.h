// Windows of channels-last bytes, read where they lie: a row of the kernel covers pixels next to
// each other, so that a window is a few parts of an image's rows, and only those that stick out of
// the image are copied. Of a dilated kernel each tap is a part.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_WINDOW_PARTS_H_
#define QUANTAB_CORE_KERNELS_IM2COL_WINDOW_PARTS_H_

#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

// How a window is divided.
struct WindowParts {
  size_t count = 0;  // 0 where it is not, and windows have to be copied
  size_t bytes = 0;  // of each, a multiple of 4
};

// Windows have parts where all channels of the image belong to them and a part is long enough to be
// worth its address.
WindowParts WindowPartsOf(const ConvShape& shape);

// Bytes that MakeWindowParts needs for `count` pixels; SIZE_MAX when they are more (bytes.h).
size_t WindowPartsBytes(const ConvShape& shape, size_t count);

// The parts of the windows of the output pixels [first, first + count), pixel by pixel, in the
// order of the kernel's taps. x: the image; room: WindowPartsBytes bytes, aligned for addresses.
// The result, and what it points to beside the image, lies in `room`. For shapes that have parts.
const uint8_t* const* MakeWindowParts(const ConvShape& shape, const uint8_t* x, uint8_t pad_value,
                                      size_t first, size_t count, void* room);

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_WINDOW_PARTS_H_
