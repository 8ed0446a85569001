#include "tests/conformance/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/tensor/half.h"

namespace quantab::conformance {
namespace {

constexpr double kRelative = 1e-3;
constexpr double kAbsolute = 1e-7;
constexpr double kBfloat16Relative = 0x1p-6;

bool Close(double actual, double expected, double relative) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) == std::isnan(actual);
  if (std::isinf(expected) || std::isinf(actual)) return actual == expected;
  return std::abs(actual - expected) <= kAbsolute + relative * std::abs(expected);
}

std::string Element(int64_t i, double actual, double expected) {
  return "element " + std::to_string(i) + " is " + std::to_string(actual) + ", expected " +
         std::to_string(expected);
}

template <class T>
std::string NumbersDiffer(const Tensor& actual, const Tensor& expected, double relative) {
  const T* a = actual.data<T>();
  const T* e = expected.data<T>();
  for (int64_t i = 0; i < expected.count(); ++i) {
    if (a[i] == e[i]) continue;
    const double got = static_cast<double>(a[i]);
    const double wanted = static_cast<double>(e[i]);
    if (!Close(got, wanted, relative)) return Element(i, got, wanted);
  }
  return "";
}

std::string ElementsDiffer(const Tensor& actual, const Tensor& expected) {
  if (expected.dtype() == DType::kString) {
    return actual.strings() == expected.strings() ? "" : "strings differ";
  }
  if (IsHalf(expected.dtype())) {
    const bool brain = expected.dtype() == DType::kBfloat16;
    return NumbersDiffer<float>(HalfToFloat(actual), HalfToFloat(expected),
                                brain ? kBfloat16Relative : kRelative);
  }
  std::string difference;
  const bool visited = VisitArithmetic(expected.dtype(), [&](auto zero) {
    difference = NumbersDiffer<decltype(zero)>(actual, expected, kRelative);
  });
  if (visited) return difference;
  const bool equal =
      expected.bytes() == 0 || std::memcmp(actual.raw(), expected.raw(), expected.bytes()) == 0;
  return equal ? "" : "elements differ";
}

std::string TensorsDiffer(const Tensor& actual, const Tensor& expected) {
  if (actual.dtype() != expected.dtype()) {
    return "type is '" + std::string(NameOf(actual.dtype())) + "', expected '" +
           std::string(NameOf(expected.dtype())) + "'";
  }
  if (actual.shape() != expected.shape()) {
    return "shape is " + ToString(actual.shape()) + ", expected " + ToString(expected.shape());
  }
  return ElementsDiffer(actual, expected);
}

}  // namespace

std::string Difference(const Value& actual, const Value& expected) {
  if (std::strcmp(KindOf(actual), KindOf(expected)) != 0) {
    return std::string("it is ") + KindOf(actual) + ", expected " + KindOf(expected);
  }
  if (expected.tensor() != nullptr) return TensorsDiffer(*actual.tensor(), *expected.tensor());
  if (expected.sequence() == nullptr) return "";
  const Sequence& a = *actual.sequence();
  const Sequence& e = *expected.sequence();
  if (a.size() != e.size()) {
    return "it has " + std::to_string(a.size()) + " elements, expected " + std::to_string(e.size());
  }
  for (size_t i = 0; i < e.size(); ++i) {
    const std::string difference = TensorsDiffer(a[i], e[i]);
    if (!difference.empty()) return "of element " + std::to_string(i) + " " + difference;
  }
  return "";
}

}  // namespace quantab::conformance
