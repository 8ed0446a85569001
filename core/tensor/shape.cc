#include "core/tensor/shape.h"

#include <algorithm>

#include "core/base/error.h"

namespace quantab {

std::optional<int64_t> CheckedElementCount(std::span<const int64_t> dims) {
  int64_t count = 1;
  bool zero = false;
  for (int64_t dim : dims) {
    if (dim < 0) return std::nullopt;
    if (dim == 0) {
      zero = true;
      continue;
    }
    if (__builtin_mul_overflow(count, dim, &count)) return std::nullopt;
  }
  return zero ? 0 : count;
}

int64_t ElementCount(std::span<const int64_t> dims) {
  const std::optional<int64_t> count = CheckedElementCount(dims);
  if (!count) {
    ThrowInvalidArgument("Shape " + ToString(dims) +
                         " has a negative dimension or more elements than can be counted.");
  }
  return *count;
}

std::vector<int64_t> StridesOf(std::span<const int64_t> dims) {
  std::vector<int64_t> strides(dims.size());
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

std::string ToString(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(dims[i]);
  }
  return text + "]";
}

std::optional<Shape> BroadcastShapes(std::span<const int64_t> a, std::span<const int64_t> b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape out(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = i + a.size() >= rank ? a[i + a.size() - rank] : 1;
    const int64_t y = i + b.size() >= rank ? b[i + b.size() - rank] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out[i] = x == 1 ? y : x;
  }
  return out;
}

}  // namespace quantab
