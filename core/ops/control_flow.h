// What operators that run graphs share.
#pragma once

#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// The one element of a boolean tensor; `what` is for the message ("the condition").
bool Truth(const OpContext& c, const Value& value, std::string_view what);

// Values, from `first` on, become the outputs, from number 0 on; throws where a graph gives another
// number than `first` plus that of the node's outputs.
void SetOutputs(OpContext& c, std::vector<Value> values, size_t first);

// The graph that is attribute `name`; throws Error(kInvalidModel) when there is none.
const onnx::GraphProto& GraphAttribute(const OpContext& c, std::string_view name);

// A tensor without elements, of the type and shape that output `i` of a graph declares, below a new
// dimension of size 0; what the graph does not say is 0 or float32.
Tensor NothingStacked(const onnx::GraphProto& graph, size_t i);

}  // namespace quantab
