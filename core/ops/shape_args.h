// What the operators that move data read from their inputs and attributes.
#pragma once

#include <vector>

#include "core/ops/op.h"

namespace quantab {

// The elements of input `i`, which is int64 or int32 (shapes, axes, indices); none when it is
// absent.
std::vector<int64_t> IntegerInput(const OpContext& c, int i);

// Bytes of one element of `tensor`; throws Error(kUnsupported) for strings and types narrower than
// a byte.
size_t MovableSize(const OpContext& c, const Tensor& tensor);

// `axes` counted from the front of a tensor of `rank`; throws Error(kInvalidModel) when one is
// outside or comes twice.
std::vector<int> NormalizeAxes(const OpContext& c, const std::vector<int64_t>& axes, int rank);

// The attribute `name` up to opset `last_attribute_opset`, input `i` from the next one on.
std::vector<int64_t> AttributeOrInput(const OpContext& c, std::string_view name, int i,
                                      int64_t last_attribute_opset);

// Throws Error(kInvalidModel) unless inputs `i` and `j` have one element type.
void ExpectSameType(const OpContext& c, int i, int j);

// `index` counted from the front of a dimension of size `dim`; throws Error(kInvalidArgument) when
// it is outside [-dim, dim).
inline int64_t CheckedIndex(int64_t index, int64_t dim) {
  if (index < -dim || index >= dim) {
    ThrowInvalidArgument("index " + std::to_string(index) + " is outside a dimension of size " +
                         std::to_string(dim) + ".");
  }
  return index < 0 ? index + dim : index;
}

}  // namespace quantab
