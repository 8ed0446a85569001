// Tensors cut along an axis and put together again.
#pragma once

#include <span>

#include "core/ops/op.h"

namespace quantab {

// Index `index` of `axis`, without that axis. Throws for types narrower than a byte.
Tensor SliceOf(const OpContext& c, const Tensor& tensor, int axis, int64_t index);

// `parts`, at least one, along a new axis; throws where their types or shapes differ.
Tensor Stacked(const OpContext& c, std::span<const Tensor> parts, int axis);

}  // namespace quantab
