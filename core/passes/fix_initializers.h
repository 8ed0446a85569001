// Initializers that are inputs as well are only the inputs' defaults.
#pragma once

#include <string>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

// The initializers of the main graph that are inputs as well, in the inputs' order.
std::vector<std::string> InitializersAmongInputs(const onnx::GraphProto& graph);

// Takes the initializers out of the inputs of the main graph: they are constants from then on.
// Returns how many there were.
int FixInitializers(onnx::GraphProto& graph);

}  // namespace quantab
