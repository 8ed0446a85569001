// Runs one operator on float32 tensors from inside another: quantized operators that are defined as
// dequantize, compute, quantize use the float operator itself, so both agree bit for bit.
#pragma once

#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// The first output of ai.onnx operator `op_type` of `opset` on `inputs`, with the attributes of
// `node`. Absent inputs are Tensors that do not exist().
Tensor CallFloat(std::string_view op_type, int64_t opset, const onnx::NodeProto& node,
                 const Attributes& attributes, std::vector<Tensor> inputs);

}  // namespace quantab
