// Turns Constant nodes that hold weights into initializers, which the quantizer looks at.
//   before:  Constant(value) -> w
//   after:   initializer w
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Lifts the float32 constants of rank 2 and more in the main graph that an operator with a rule for
// dynamic quantization reads.
void LiftConstants(Model& model);

}  // namespace quantab
