// Nodes in an order in which they can run.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Orders the nodes of `graph` and of the graphs inside so that each comes after what it reads, also
// what its own graphs read; file order where that is valid. Throws Error(kInvalidModel) for a
// cycle.
void SortNodes(onnx::GraphProto& graph);

}  // namespace quantab
