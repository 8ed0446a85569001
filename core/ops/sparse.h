// Sparse tensors of a model file: what is not named is 0, or an empty string.
#pragma once

#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// All elements of `sparse`. Throws Error(kInvalidModel) when indices and values do not fit its
// shape or each other, and what LoadTensor throws.
Tensor DenseTensor(const Model& model, const onnx::SparseTensorProto& sparse);

}  // namespace quantab
