// Random numbers that are the same on every platform: std::mt19937, which the standard defines, and
// distributions of our own.
#pragma once

#include <random>
#include <string>
#include <type_traits>

#include "core/ops/op.h"
#include "core/tensor/half.h"

namespace quantab {

class RandomSource {
 public:
  // Seeded by attribute `seed`, as a uint32. A node without one has a seed made of its first
  // output's name, so that it always gives the same numbers, and other ones than its neighbour.
  explicit RandomSource(const OpContext& c);

  // Uniform in [0, 1): 53 bits of two draws, as NumPy's RandomState has it.
  double Uniform();
  // Mean 0 and deviation 1, by the polar method.
  double Normal();

 private:
  std::mt19937 engine_;
  double spare_ = 0;  // of the two numbers that the polar method makes
  bool has_spare_ = false;
};

// The element type that attribute `dtype` names, `otherwise` when it is absent.
DType DTypeAttribute(const OpContext& c, DType otherwise);

// Output 0 of a floating-point type, each element the next of `next()`, a double. Throws
// Error(kUnsupported) for another type.
template <class F>
void FillOutput(OpContext& c, DType dtype, const Shape& shape, F&& next) {
  const auto fill = [&](auto* y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = static_cast<std::decay_t<decltype(*y)>>(next());
  };
  if (!IsFloat(dtype)) {
    c.Unsupported("random numbers of type '" + std::string(NameOf(dtype)) + "' are not supported.");
  }
  Tensor& y = c.Output(0, dtype, shape);
  if (dtype == DType::kFloat) {
    fill(y.mutable_data<float>(), y.count());
  } else if (dtype == DType::kDouble) {
    fill(y.mutable_data<double>(), y.count());
  } else {
    Tensor values(DType::kFloat, shape);
    fill(values.mutable_data<float>(), values.count());
    FloatToHalf(values, y);
  }
}

}  // namespace quantab
