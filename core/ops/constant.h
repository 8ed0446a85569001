#pragma once

#include "core/ops/op.h"

namespace quantab {

// The value of a Constant node with these attributes. Throws Error(kInvalidModel) for one without a
// value.
Tensor ConstantValue(const Attributes& attributes);

}  // namespace quantab
