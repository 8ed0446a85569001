// Attributes that the official library's inferers follow without a look, and that would lead them
// out of their arrays or round in circles.
#pragma once

#include <functional>
#include <string>

#include "core/onnx/model.h"

namespace quantab {

// nullptr when there is no attribute of that name.
using AttributeOf = std::function<const onnx::AttributeProto*(const std::string& name)>;

// What is wrong with an operator of ai.onnx that has `outputs` outputs, as the rest of a sentence
// that begins with the node ("has ..."), or "".
std::string TrapIn(const std::string& op_type, const AttributeOf& attribute_of, size_t outputs);

// Throws Error(kInvalidModel), naming the node, where a node of the model has such an attribute.
void CheckNodeAttributes(const onnx::ModelProto& model, const std::string& file);

}  // namespace quantab
