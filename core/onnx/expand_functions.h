// Operators that ONNX defines by other operators, replaced by those.
#pragma once

#include <functional>

#include "core/onnx/model.h"

namespace quantab {

// Whether an operator needs no replacing.
using IsKnown = std::function<bool(const onnx::NodeProto& node, int64_t opset)>;

// Before: y = HannWindow(size)                 (a node that `is_known` does not know)
// After:  y = Cast(Mul(..., Cos(...)))         (the function body of the operator's schema)
//
// In the main graph and the graphs in it, until nothing is left that could be replaced. Values
// between the new nodes get names of their own. What has no function body stays. The model's local
// functions must have been inlined.
void ExpandFunctions(Model& model, const IsKnown& is_known);

}  // namespace quantab
