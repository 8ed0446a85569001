// Which constants are equal to each other.
#pragma once

#include <string>
#include <unordered_map>

#include "core/onnx/model.h"

namespace quantab {

// For every initializer of `graph` that equals an earlier one in type, shape and elements: the name
// of the first of them. Bytes are read only where types, shapes and the first bytes are the same.
// Of the initializers that are inputs of the graph too none is in it.
std::unordered_map<std::string, std::string> EqualInitializers(const Model& model,
                                                               const onnx::GraphProto& graph);

}  // namespace quantab
