// The QuantizeLinear that ends a lowered pattern, with the activation that may stand before it.
#pragma once

#include "core/lower/lower_graph.h"

namespace quantab {

// What a Relu or Clip limits its values to.
struct Bounds {
  float low, high;
};
// Nothing when node `i` is neither, or a bound is not constant.
std::optional<Bounds> BoundsOf(const LowerGraph& graph, int i);

struct QuantizedEnd {
  int quantize = -1;
  int activation = -1;  // Relu or Clip that Q's saturation does not replace; -1 for none
  PerTensor by;
};

// Follows the only reader of node `i`, over one Relu or Clip with constant bounds, to a
// QuantizeLinear of 8 bits for the whole tensor.
std::optional<QuantizedEnd> FindQuantizedEnd(LowerGraph& graph, int i);

// Puts `lowered`, whose result has the end's scale and zero point, in the place of the end's nodes.
// An activation that is left runs on the bytes: clamping commutes with rounding, so results are the
// same.
void FinishQuantized(LowerGraph& graph, const QuantizedEnd& end, onnx::NodeProto lowered);

}  // namespace quantab
