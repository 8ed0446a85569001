// How models run where each of their values is looked at.
#pragma once

#include "core/base/monitor.h"
#include "core/exec/session.h"
#include "core/onnx/official.h"
#include "core/tensor/half.h"

namespace quantab {

// As the file says, with the same bits everywhere.
inline SessionOptions AsWritten(Monitor* monitor) {
  SessionOptions options;
  options.lower = false;
  options.reproducible = true;
  options.monitor = monitor;
  return options;
}

// Calls of the model's own functions replaced by their bodies, as quantizing does.
inline Model WithoutFunctions(Model model) {
  if (model.proto.functions_size() > 0) InlineFunctions(model);
  return model;
}

// As float32; one that does not exist for other types than floats.
inline Tensor AsFloat32(const Tensor& tensor) {
  if (IsHalf(tensor.dtype())) return HalfToFloat(tensor);
  return tensor.dtype() == DType::kFloat ? tensor : Tensor();
}

}  // namespace quantab
