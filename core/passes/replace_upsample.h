// Upsample, and Resize as it was before it had coordinate modes, as Resize of today.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Before: Upsample, or Resize of operator set 10
// After:  a node that the official converter passes by, with the attributes of Resize 11
//
// In every graph of a model of an operator set below 11 that is to become one of 11 or more. Throws
// Error(kUnsupported) for a Resize whose rounding no Resize 11 has.
void SetResizesAside(Model& model);

// What SetResizesAside() set aside, as Resize of the operator set that the model has now.
void RestoreResizes(Model& model);

}  // namespace quantab
