// Mod (ai.onnx, since 10): remainder with broadcasting. fmod = 0 takes the divisor's sign
// (integers), fmod = 1 the dividend's, as C's fmod.
#include <cmath>

#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <class T>
T Remainder(T a, T b, bool fmod) {
  if constexpr (std::is_floating_point_v<T>) {
    const T rest = std::fmod(a, b);
    return !fmod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  } else {
    if constexpr (std::is_signed_v<T>) {
      if (b == T{-1}) return T{0};
    }
    const T rest = static_cast<T>(a % b);
    return !fmod && rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
  }
}

void Compute(OpContext& c) {
  const Tensor a = c.Input(0);
  const Tensor b = c.Input(1);
  if (a.dtype() != b.dtype()) c.Invalid("inputs have different types.");
  const bool fmod = c.attributes().Int("fmod", 0) != 0;
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      for (T divisor : b.span<T>()) {
        if (divisor == T{0}) c.Invalid("an integer is divided by zero.");
      }
    }
    T* y = c.Output(0, a.dtype(), plan.out).template mutable_data<T>();
    BroadcastMap(plan, a.data<T>(), b.data<T>(), y,
                 [fmod](T x, T divisor) { return Remainder(x, divisor, fmod); });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, mod) {
  r.Add({.name = "Mod", .since = 10, .in_place = true, .compute = InFloat<Compute>});
}

}  // namespace quantab
