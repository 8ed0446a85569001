// Small helpers the mathematical operators share: type dispatch and integer arithmetic that wraps
// instead of overflowing.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "core/ops/op.h"

namespace quantab {

// Says that input `i` has an element type the operator does not run on.
[[noreturn]] inline void UnsupportedInputType(const OpContext& c, int i) {
  const Tensor* input = c.Optional(i);
  const std::string type = input == nullptr ? "undefined" : std::string(NameOf(input->dtype()));
  c.Unsupported("input " + std::to_string(i) + " of type '" + type + "' is not supported.");
}

// Throws unless input `i` is float32.
inline const float* FloatInput(const OpContext& c, int i) {
  const Tensor& input = c.Input(i);
  if (input.dtype() != DType::kFloat) UnsupportedInputType(c, i);
  return input.data<float>();
}

// Calls `f(T{})` with the C++ type of input `i` among numbers (not bool); throws for others.
template <class F>
void VisitNumeric(const OpContext& c, int i, F&& f) {
  const DType dtype = c.Input(i).dtype();
  if (dtype == DType::kBool) UnsupportedInputType(c, i);
  const bool known = VisitArithmetic(dtype, [&](auto value) {
    if constexpr (!std::is_same_v<decltype(value), bool>) f(value);
  });
  if (!known) UnsupportedInputType(c, i);
}

// Calls `f(T{})` for float64, int32 and int64; throws for others.
template <class F>
void VisitWide(const OpContext& c, int i, F&& f) {
  switch (c.Input(i).dtype()) {
    case DType::kFloat:
      return f(float{});
    case DType::kDouble:
      return f(double{});
    case DType::kInt32:
      return f(int32_t{});
    case DType::kInt64:
      return f(int64_t{});
    default:
      UnsupportedInputType(c, i);
  }
}

// Integer sums, differences and products modulo 2^bits, as NumPy's; plain for floats.
template <class T>
T WrapAdd(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}
template <class T>
T WrapSub(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  } else {
    return a - b;
  }
}
template <class T>
T WrapMul(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return a * b;
  }
}

// Larger and smaller of two values; NaN if either is NaN.
template <class T>
T MaxOf(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return a;
    if (std::isnan(b)) return b;
  }
  return a < b ? b : a;
}
template <class T>
T MinOf(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return a;
    if (std::isnan(b)) return b;
  }
  return b < a ? b : a;
}

// `axis` counted from the front; throws when it is outside [-rank, rank).
inline int NormalizeAxis(const OpContext& c, int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    c.Invalid("axis '" + std::to_string(axis) + "' is outside a tensor of rank " +
              std::to_string(rank) + ".");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

// Product of the dimensions [from, to).
inline int64_t CountOf(const Shape& shape, int from, int to) {
  int64_t count = 1;
  for (int i = from; i < to; ++i) count *= shape[static_cast<size_t>(i)];
  return count;
}

// A size, count or offset, not negative, as memory knows it; throws Error(kOutOfMemory) for what 32
// bits do not hold.
inline size_t Size(int64_t value) {
  if constexpr (sizeof(size_t) < sizeof(int64_t)) {
    if (static_cast<uint64_t>(value) > SIZE_MAX) {
      throw Error(ErrorCode::kOutOfMemory, "A size of '" + std::to_string(value) +
                                               "' does not fit the address space. Use a smaller "
                                               "model, batch or sample.");
    }
  }
  return static_cast<size_t>(value);
}

}  // namespace quantab
