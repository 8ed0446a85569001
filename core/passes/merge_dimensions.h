// Names of dimensions that stand for the same size.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Before: Add(a [batch,8], b [n,8]) -> c [unk,8]        (all as inferred)
// After:  Add(a [batch,8], b [batch,8]) -> c [batch,8]
//
// In the main graph: where an elementwise operator or a Concat reads two values whose dimensions
// have different names, they are taken for one, under the name of an input or the one that comes
// first; where one has a size, the other gets it. What an elementwise operator makes has the same.
// Inputs and outputs keep their names. Returns whether value_info changed.
bool MergeDimensions(Model& model);

}  // namespace quantab
