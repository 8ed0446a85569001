// ONNX's own measure of equal outputs.
#pragma once

#include <string>

#include "core/tensor/value.h"

namespace quantab::conformance {

// "" when `actual` is what `expected` says, else what differs first. As onnx.backend.test.runner:
// kinds, types and shapes are equal; strings are equal; numbers differ by at most
// 1e-7 + 1e-3 * |expected| (bfloat16: 2^-6 * |expected|, two units in the last place), with equal
// infinities and NaNs. Elements narrower than 16 bits have no room for a tolerance and are equal.
std::string Difference(const Value& actual, const Value& expected);

}  // namespace quantab::conformance
