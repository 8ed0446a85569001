// Tensors put together along an axis, and taken apart again.
#pragma once

#include <span>

#include "core/ops/op.h"

namespace quantab {

// The shape of `parts`, at least one, put one after the other along `axis`. Throws
// Error(kInvalidModel) where their types or their other dimensions differ.
Shape JoinedShape(const OpContext& c, std::span<const Tensor> parts, int axis);
// The same from their shapes, of tensors of any types.
Shape JoinedShape(const OpContext& c, std::span<const Shape> parts, int axis);

// Writes `parts` into `joined`, which has that shape.
void JoinParts(std::span<const Tensor> parts, int axis, Tensor& joined);

// Fills `part` with what `whole` has along `axis` from position `begin` on.
void TakePart(const Tensor& whole, int axis, int64_t begin, Tensor& part);

}  // namespace quantab
