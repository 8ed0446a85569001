// Names for nodes that have none, so that options can name them.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Gives every node without a name one that no other node has, graphs inside graphs included: its
// operator's with a number, "Conv_1", in the order of the file. The same graph gets the same names.
// Returns whether there was such a node.
bool NameUnnamedNodes(onnx::GraphProto& graph);

}  // namespace quantab
