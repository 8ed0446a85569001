// Types that the official inference cannot tell.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Adds to value_info the element types of values that operators without a schema make, from the
// operators of ai.onnx that read them, and from what is known of operators of com.microsoft, with
// shapes where they are those of an input. With `guess_rank` other such values have as many
// dimensions as their maker's first input. Returns whether there was anything to add.
bool InferByUse(Model& model, bool guess_rank);

}  // namespace quantab
