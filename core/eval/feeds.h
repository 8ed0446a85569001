// One sample for two forms of a model.
#pragma once

#include <vector>

#include "core/exec/session.h"
#include "core/tensor/tensor.h"

namespace quantab {

// A tensor of float32, float16 or bfloat16 as `dtype`, where that is float32 and it is not, or the
// other way round; any other as it is.
Tensor InPrecision(DType dtype, const Tensor& tensor);

// `sample` as inputs `inputs` take it: a float32 tensor for a float16 or bfloat16 input is rounded,
// and one of those for a float32 input widened, as whoever runs a model converted without
// keep_io_types does. All else is as it was, whatever the inputs are; a run checks it.
TensorMap FeedsFor(const std::vector<InputInfo>& inputs, const TensorMap& sample);

}  // namespace quantab
