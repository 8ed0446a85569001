// Shapes shared by the convolutions, float and quantized.
#pragma once

#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {

struct ConvGeometry {
  kernels::ConvShape shape;
  Shape out;
};

// From x [N,C,...] and w [M,C/group,...] and the node's attributes; throws where they disagree.
ConvGeometry MakeConv(const OpContext& c, const Shape& x, const Shape& w);

// Throws unless input `i` has one value for each output channel.
void CheckConvBias(const OpContext& c, int i, const ConvGeometry& geometry);

}  // namespace quantab
