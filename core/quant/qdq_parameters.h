// The initializers of scales and zero points, with their elements in the typed fields, as ONNX
// Runtime writes them.
#pragma once

#include <string>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/params.h"

namespace quantab {

// Scales of type `real`: float32, or float16 as bits.
onnx::TensorProto ScaleParameter(const std::string& name, DType real, const Shape& dims,
                                 const std::vector<QParams>& params);

// Zero points of any type tensors are quantized to; those of 4 bits two to a byte.
onnx::TensorProto ZeroPointParameter(const std::string& name, DType type, const Shape& dims,
                                     const std::vector<QParams>& params);

}  // namespace quantab
