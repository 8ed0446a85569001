// What a model's inputs are, and whether a sample fits them.
#pragma once

#include <vector>

#include "core/exec/plan.h"
#include "core/exec/session.h"

namespace quantab {

struct InputCheck {
  std::vector<InputInfo> required;
  std::vector<InputInfo> optional;  // initializers that are graph inputs too
};

// A graph's input or output. `dtype` is undefined for what is no tensor.
InputInfo DescribeValue(const onnx::ValueInfoProto& value);

InputCheck DescribeInputs(const onnx::GraphProto& graph);

// Throws Error(kInvalidArgument), naming the input and saying expected and got, for an unknown or
// missing name, a wrong type, rank or fixed dimension, or a symbolic dimension that takes two
// values in one sample.
void CheckSample(const InputCheck& expected, const ValueMap& sample);

// "[batch,3,224,224]".
std::string ShapeLabel(const InputInfo& input);

}  // namespace quantab
