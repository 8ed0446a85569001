// A serialized onnx.TensorProto (.pb), as in ONNX's own test data.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "core/api/quantab.h"

namespace quantab {

// The tensor and its name, which may be empty. Throws Error(kInvalidArgument) for bytes that are no
// TensorProto, or one whose data does not fit its type and dims.
std::pair<std::string, Tensor> ReadTensorProto(std::span<const std::byte> bytes);

}  // namespace quantab
