// Turns Constant nodes that hold weights into initializers, which the quantizer looks at.
//   before:  Constant(value) -> w
//   after:   initializer w
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Lifts the float32 constants of rank 2 and more that an operator with a rule for dynamic
// quantization reads: in the main graph and, with `subgraphs`, in those inside it.
void LiftConstants(Model& model, bool subgraphs);

}  // namespace quantab
