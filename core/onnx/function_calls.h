// Calls between a model's local functions.
#pragma once

#include <cstdint>
#include <string>

#include "core/onnx/model.h"

namespace quantab {

// Throws Error(kInvalidModel) when a function is defined twice or calls itself, directly or through
// others, and Error(kUnsupported) when calls, with the graphs around and between them, nest more
// than kMaxGraphDepth deep, or would amount to a graph that is too large for memory: the official
// library follows calls and graphs by recursion, and expands each call. Returns how many nodes the
// calls bring into the main graph.
uint64_t CheckFunctionCalls(const onnx::ModelProto& model, const std::string& file);

}  // namespace quantab
