// Taking nodes out that give what they get.
#pragma once

#include <functional>

#include "core/onnx/model.h"
#include "core/passes/pattern.h"

namespace quantab {

inline constexpr int kNoBypass = -1;

// Before: x -> node -> y -> readers
// After:  x -> readers
//
// For every node of every graph of which `same_input(graph, i)` tells the input that its first
// output always equals (kNoBypass: none). Needs: nothing uses the node's other outputs. Returns
// whether a node went.
bool BypassNodes(Model& model, const std::function<int(const PatternGraph&, int)>& same_input);

}  // namespace quantab
