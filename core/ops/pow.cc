// Pow (ai.onnx, since 1; NumPy's broadcasting since 7): y = a ^ b, in the type of a. The exponent
// may have another type since opset 12.
#include <cmath>

#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/legacy_broadcast.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Exact modulo 2^bits for exponents >= 0; negative ones truncate the real quotient towards zero.
template <class T, class U>
T IntegerPower(T base, U exponent) {
  if (exponent < U{0}) {
    if (base == T{1}) return T{1};
    if (base == T{-1}) return exponent % 2 == 0 ? T{1} : T{-1};
    return T{0};
  }
  T result{1};
  for (; exponent > U{0}; exponent = static_cast<U>(exponent >> 1)) {
    if (exponent & 1) result = WrapMul(result, base);
    base = WrapMul(base, base);
  }
  return result;
}

// float32 to the power of one small whole number, which is what models compute almost always.
bool SmallPower(OpContext& c, const Tensor& a, float exponent) {
  if (exponent != 1 && exponent != 2 && exponent != 3) return false;
  const size_t n = Size(a.count());
  const float* x = a.data<float>();
  float* y = c.Output(0, DType::kFloat, a.shape()).mutable_data<float>();
  for (size_t i = 0; i < n; ++i) {
    const float v = x[i];
    y[i] = exponent == 1 ? v : exponent == 2 ? v * v : v * v * v;
  }
  return true;
}

void Compute(OpContext& c) {
  const Tensor a = c.Input(0);
  const Tensor b = c.Input(1);
  if (a.dtype() == DType::kFloat && b.dtype() == DType::kFloat && b.count() == 1 &&
      b.rank() <= a.rank() && SmallPower(c, a, b.data<float>()[0])) {
    return;
  }
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  Tensor& y = c.Output(0, a.dtype(), plan.out);
  VisitWide(c, 0, [&](auto base_zero) {
    VisitNumeric(c, 1, [&](auto exponent_zero) {
      using T = decltype(base_zero);
      using U = decltype(exponent_zero);
      BroadcastMap(plan, a.data<T>(), b.data<U>(), y.mutable_data<T>(), [](T base, U exponent) {
        if constexpr (std::is_integral_v<T> && std::is_integral_v<U>) {
          return IntegerPower(base, exponent);
        } else if constexpr (std::is_same_v<T, float> && std::is_same_v<U, float>) {
          return std::pow(base, exponent);
        } else {
          const double power = std::pow(static_cast<double>(base), static_cast<double>(exponent));
          if constexpr (std::is_integral_v<T>) {
            // Beyond the type there is no right answer, but there must be a defined one.
            if (!(std::fabs(power) < 0x1p62)) return T{0};
            return static_cast<T>(static_cast<int64_t>(power));
          } else {
            return static_cast<T>(power);
          }
        }
      });
    });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, pow) {
  r.Add(
      {.name = "Pow", .until = 6, .in_place = true, .compute = LegacyBroadcast<InFloat<Compute>>});
  r.Add({.name = "Pow", .since = 7, .in_place = true, .compute = InFloat<Compute>});
}

}  // namespace quantab
