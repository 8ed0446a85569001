// The last steps of quantizations. FinishModel is all of those that quantize_static and
// quantize_dynamic have, in ONNX Runtime's form: unused initializers go, the producer is named,
// nodes are sorted.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "core/onnx/model.h"

namespace quantab {

// Before this IR version every initializer had to be a graph input too.
inline constexpr int64_t kFirstWithFreeInitializers = 4;

// Removes the initializers of `graph` and its subgraphs that nothing reads, and inputs of their
// names. Returns what they read from outside.
std::unordered_set<std::string> CleanInitializers(onnx::GraphProto& graph);

// Imports com.microsoft's operators where they are not.
void ImportMicrosoft(onnx::ModelProto& proto);

// Sets the IR version where it is below.
void RaiseIrVersion(onnx::ModelProto& proto, int64_t version);

struct FinishOptions {
  bool clean_initializers = true;  // remove initializers that nothing reads
};

// Throws Error(kInvalidModel) for a graph with a cycle or a value that nobody makes.
void FinishModel(Model& model, const FinishOptions& options = {});

// Replaces the types and shapes that `model` declares for its values by those that `source`
// declares and that still exist. What was inferred in between is for our use: written down, a shape
// that a runtime would have worked out differently keeps it from loading the model.
void DeclareValues(Model& model, const onnx::GraphProto& source);

}  // namespace quantab
