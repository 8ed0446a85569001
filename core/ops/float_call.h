// Runs one operator on tensors alone, from inside another or beforehand: quantized operators that
// are defined as dequantize, compute, quantize use the float operator itself, and a table of an
// operator's results is made by the operator, so both agree bit for bit.
#pragma once

#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// The first output of operator `op_type` of `domain` on `inputs`, with the attributes of `node`.
// Absent inputs are Tensors that do not exist(). Throws Error(kUnsupported) where there is none.
Tensor CallOperator(std::string_view domain, std::string_view op_type, int64_t opset,
                    const onnx::NodeProto& node, const Attributes& attributes,
                    std::vector<Tensor> inputs);

// The same of ai.onnx.
Tensor CallFloat(std::string_view op_type, int64_t opset, const onnx::NodeProto& node,
                 const Attributes& attributes, std::vector<Tensor> inputs);

}  // namespace quantab
