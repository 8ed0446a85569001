// A shape is its dimensions, outermost first; a scalar has none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quantab {

using Shape = std::vector<int64_t>;

// The product of `dims`, or nothing when a dimension is negative or the product exceeds int64.
std::optional<int64_t> CheckedElementCount(std::span<const int64_t> dims);

// The product of `dims`; throws Error(kInvalidArgument) where CheckedElementCount has none.
int64_t ElementCount(std::span<const int64_t> dims);

// Row-major strides in elements.
std::vector<int64_t> StridesOf(std::span<const int64_t> dims);

// "[1,3,224,224]"; "[]" for a scalar.
std::string ToString(std::span<const int64_t> dims);

// NumPy's broadcast of two shapes; nothing when they do not fit.
std::optional<Shape> BroadcastShapes(std::span<const int64_t> a, std::span<const int64_t> b);

}  // namespace quantab
