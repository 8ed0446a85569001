// The geometry of convolutions and poolings: from ONNX's attributes to the kernels' ConvShape.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/kernels/im2col/im2col.h"
#include "core/ops/op.h"

namespace quantab {

struct WindowAttributes {
  std::vector<int64_t> kernel_shape, strides, dilations, pads;
  std::string auto_pad;
  bool ceil_mode = false;
};

WindowAttributes ReadWindow(const Attributes& attributes);

struct Window {
  // Everything but batch, groups and channels is filled in.
  kernels::ConvShape shape;
  std::array<size_t, 3> pad_end = {0, 0, 0};
  int dims = 0;  // spatial dimensions, 1 to 3

  // {batch, channels, out...}.
  Shape OutShape(int64_t batch, int64_t channels) const;
};

// The most positions of a dimension, padding included, and of what its windows reach. Kernels count
// them in 32 bits, and sums of two products of such numbers fit int64.
inline constexpr int64_t kMostPositions = std::numeric_limits<int32_t>::max();

// Throws Error(kUnsupported) for a spatial dimension (of the input, a window or the output) of more
// positions.
void CheckPositions(const OpContext& c, int64_t positions);

// `in` are the input's spatial sizes, `kernel` the window's. Throws for more than three spatial
// dimensions, attributes of the wrong length or range, a window larger than its input, and more
// than kMostPositions.
Window MakeWindow(const OpContext& c, const WindowAttributes& attributes,
                  std::span<const int64_t> in, std::span<const int64_t> kernel);

// The window of a pooling of input 0 ([N,C,spatial...]) with attribute kernel_shape.
Window MakePoolWindow(const OpContext& c);

// How many planes of a pooling are worth handing to a thread.
size_t PlaneGrain(const kernels::ConvShape& shape);

}  // namespace quantab
