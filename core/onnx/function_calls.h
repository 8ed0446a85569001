// Calls between a model's local functions.
#pragma once

#include <string>

#include "core/onnx/model.h"

namespace quantab {

// Throws Error(kInvalidModel) when a function calls itself, directly or through others, and
// Error(kUnsupported) when calls nest more than 64 deep or would amount to over ten million nodes
// written out: the official library follows calls by recursion, and expands each one.
void CheckFunctionCalls(const onnx::ModelProto& model, const std::string& file);

}  // namespace quantab
