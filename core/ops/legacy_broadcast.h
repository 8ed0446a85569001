// Operators of two tensors before opset 7: only the second operand was broadcast, and only where
// attribute 'broadcast' is 1. Its dimensions are those of the first operand from attribute 'axis'
// on, or the last ones.
//
//   r.Add({.name = "Add", .until = 6, .compute = LegacyBroadcast<Compute>});
#pragma once

#include "core/ops/op.h"

namespace quantab {

// Input 1 in a shape that NumPy's rules broadcast to that of input 0, as the attributes say; throws
// Error(kInvalidModel) where it does not fit.
Tensor LegacyOperand(const OpContext& c);

// Runs `compute` with `second` as input 1.
void ComputeWithSecond(OpContext& c, void (*compute)(OpContext&), const Tensor& second);

template <void (*kCompute)(OpContext&)>
void LegacyBroadcast(OpContext& c) {
  ComputeWithSecond(c, kCompute, LegacyOperand(c));
}

}  // namespace quantab
