// IsNaN (ai.onnx, since 9), IsInf (since 10): which elements are NaN, or infinite with a sign that
// is asked for.
#include <cmath>
#include <type_traits>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <class Test>
void Compute(OpContext& c, Test test) {
  const Tensor& x = c.Input(0);
  if (x.dtype() != DType::kFloat && x.dtype() != DType::kDouble) UnsupportedInputType(c, 0);
  bool* y = c.Output(0, DType::kBool, x.shape()).mutable_data<bool>();
  VisitArithmetic(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      const T* from = x.data<T>();
      for (int64_t i = 0; i < x.count(); ++i) y[i] = test(from[i]);
    }
  });
}

void ComputeIsNaN(OpContext& c) {
  Compute(c, [](auto value) { return std::isnan(value); });
}

void ComputeIsInf(OpContext& c) {
  const bool negative = c.attributes().Int("detect_negative", 1) != 0;
  const bool positive = c.attributes().Int("detect_positive", 1) != 0;
  Compute(c, [negative, positive](auto value) {
    return std::isinf(value) && (value < 0 ? negative : positive);
  });
}

}  // namespace

QUANTAB_REGISTER(ops, is_nan) {
  r.Add({.name = "IsNaN", .since = 9, .compute = InFloat<ComputeIsNaN>});
  r.Add({.name = "IsInf", .since = 10, .compute = InFloat<ComputeIsInf>});
}

}  // namespace quantab
