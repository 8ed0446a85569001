// The last steps of every quantization, in ONNX Runtime's form: unused initializers go, the
// producer is named, nodes are sorted.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

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
