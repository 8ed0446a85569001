// Bernoulli (ai.onnx, since 15): 1 with the probability that the input's element is, else 0.
#include <vector>

#include "core/ops/random.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

std::vector<bool> Draw(OpContext& c, const Tensor& probabilities) {
  std::vector<bool> drawn;
  RandomSource random(c);
  const auto draw = [&](const auto* p) {
    for (int64_t i = 0; i < probabilities.count(); ++i) {
      drawn.push_back(random.Uniform() < static_cast<double>(p[i]));
    }
  };
  if (probabilities.dtype() == DType::kDouble) {
    draw(probabilities.data<double>());
  } else if (probabilities.dtype() == DType::kFloat) {
    draw(probabilities.data<float>());
  } else {
    UnsupportedInputType(c, 0);
  }
  return drawn;
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const DType dtype = DTypeAttribute(c, x.dtype());
  const std::vector<bool> drawn = Draw(c, IsHalf(x.dtype()) ? HalfToFloat(x) : x);
  if (IsHalf(dtype)) {
    const uint16_t one = dtype == DType::kFloat16 ? FloatToHalf(1.0f) : FloatToBfloat16(1.0f);
    Tensor& y = c.Output(0, dtype, x.shape());
    uint16_t* out = reinterpret_cast<uint16_t*>(y.mutable_raw());
    for (size_t i = 0; i < drawn.size(); ++i) out[i] = drawn[i] ? one : uint16_t{0};
    return;
  }
  const bool known = VisitArithmetic(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = c.Output(0, dtype, x.shape()).template mutable_data<T>();
    for (size_t i = 0; i < drawn.size(); ++i) y[i] = static_cast<T>(drawn[i]);
  });
  if (!known) {
    c.Unsupported("elements of type '" + std::string(NameOf(dtype)) + "' are not supported.");
  }
}

}  // namespace

QUANTAB_REGISTER(ops, bernoulli) { r.Add({.name = "Bernoulli", .since = 15, .compute = Compute}); }

}  // namespace quantab
