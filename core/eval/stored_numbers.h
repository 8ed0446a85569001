// The numbers that elements of integers and small floats are.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// Elements of at most 32 bits as the numbers they are; empty for other types.
std::vector<float> NumbersFrom(DType type, const std::byte* bytes, size_t count);

// Those of a stored tensor, all at once: for scales and zero points.
std::vector<float> NumbersOf(const Model& model, const onnx::TensorProto& tensor);

struct NumberLimits {
  double lowest = 0, highest = 0;
  // What is nearest to one of the type's numbers lies between these: the limits, and half a step.
  double least = 0, most = 0;
};

// Nothing for types that are neither integers nor small floats.
std::optional<NumberLimits> LimitsOf(DType type);

// Of at least two numbers, in any order.
NumberLimits LimitsOfNumbers(std::vector<float> numbers);

}  // namespace quantab
