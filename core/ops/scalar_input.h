// Inputs that are one number.
#pragma once

#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {

// The int64 or int32 that input `i` is.
inline int64_t IntegerScalar(const OpContext& c, int i) {
  const std::vector<int64_t> values = IntegerInput(c, i);
  if (values.size() != 1) {
    c.Invalid("input " + std::to_string(i) + " has '" + std::to_string(values.size()) +
              "' elements, expected one.");
  }
  return values[0];
}

// The float32 or float64 that input `i` is.
inline double FloatScalar(const OpContext& c, int i) {
  const Tensor& input = c.Input(i);
  if (input.count() != 1) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(input.shape()) +
              ", expected one element.");
  }
  if (input.dtype() == DType::kDouble) return input.data<double>()[0];
  return FloatInput(c, i)[0];
}

}  // namespace quantab
