// Whether a tensor's dims, type and data belong together.
#pragma once

#include <string>

#include "core/onnx/model.h"

namespace quantab {

// Bytes that the elements of `tensor` take as raw data. Throws Error(kInvalidModel), beginning with
// "'<file>': tensor '<name>'", for dims that are negative or overflow, and for strings.
uint64_t NeededBytes(const onnx::TensorProto& tensor, const std::string& file);

// Throws Error(kInvalidModel) unless `tensor` has exactly the data its dims and type ask for, in
// one field that fits the type, or is a sound reference to a weight. A tensor of undefined type
// without data passes.
void CheckTensor(const Model& model, const onnx::TensorProto& tensor);

}  // namespace quantab
