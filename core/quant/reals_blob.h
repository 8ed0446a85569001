// Computed reals as the bytes of a tensor.
#pragma once

#include <span>

#include "core/tensor/blob.h"
#include "core/tensor/dtype.h"

namespace quantab {

// In memory; `real` is float32, or float16, to which the values are rounded.
BlobPtr RealsBlob(std::span<const float> values, DType real);

}  // namespace quantab
