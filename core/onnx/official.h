// The official onnx library's services, on skeletons. All of them leave `weights` attached by
// name, turn the library's exceptions into Errors, and never read a weight.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

// The official checker's complaint, or nothing when the model passes. A model of a newer IR version
// or opset than the linked library knows is not checked; that is a warning, given in `warning`.
std::optional<std::string> CheckModel(const Model& model, std::string* warning = nullptr);

// Adds inferred types and shapes (with data propagation) to value_info, in place. Never fails on a
// model that merely cannot be inferred; returns the library's message in that case. Values with
// more dimensions than any real tensor has stay unknown.
std::optional<std::string> InferShapes(Model& model, Monitor* monitor = nullptr);

// Replaces calls of model-local functions by their bodies. Weights stay attached. A function of
// another operator set is converted on the way; where that fails, it stays.
void InlineFunctions(Model& model);

// Converts the ai.onnx operator set to `version`. Local functions are inlined first, since the
// converter drops them; the IR version becomes 4 at least. A model that imports no ai.onnx is left
// alone. Throws Error(kUnsupported) with the reason, and leaves the model as it was.
void ConvertVersion(Model& model, int64_t version);

// Version of the newest ai.onnx operator set, and newest IR version, the linked library knows.
int64_t NewestOpset();
int64_t NewestIrVersion();

}  // namespace quantab
