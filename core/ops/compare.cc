// Comparisons of two tensors with broadcasting: Equal, Greater, Less (ai.onnx, since 1; NumPy's
// broadcasting since 7), GreaterOrEqual, LessOrEqual (since 12). Equal also compares strings.
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/legacy_broadcast.h"
#include "core/ops/shape_args.h"

namespace quantab {
namespace {

struct IsEqual {
  template <class T>
  static bool Holds(const T& a, const T& b) {
    return a == b;
  }
};
struct IsGreater {
  template <class T>
  static bool Holds(T a, T b) {
    return a > b;
  }
};
struct IsLess {
  template <class T>
  static bool Holds(T a, T b) {
    return a < b;
  }
};
struct IsGreaterOrEqual {
  template <class T>
  static bool Holds(T a, T b) {
    return a >= b;
  }
};
struct IsLessOrEqual {
  template <class T>
  static bool Holds(T a, T b) {
    return a <= b;
  }
};

template <class Relation>
void Compute(OpContext& c) {
  const Tensor& a = c.Input(0);
  const Tensor& b = c.Input(1);
  ExpectSameType(c, 0, 1);
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  bool* y = c.Output(0, DType::kBool, plan.out).mutable_data<bool>();
  if constexpr (std::is_same_v<Relation, IsEqual>) {
    if (a.dtype() == DType::kString) {
      return BroadcastMap(plan, a.strings().data(), b.strings().data(), y,
                          IsEqual::Holds<std::string>);
    }
  }
  const bool known = VisitArithmetic(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    BroadcastMap(plan, a.data<T>(), b.data<T>(), y, Relation::template Holds<T>);
  });
  if (!known) {
    c.Unsupported("elements of type '" + std::string(NameOf(a.dtype())) + "' are not supported.");
  }
}

template <class Relation>
void Register(OpRegistry& r, std::string_view name) {
  r.Add({.name = name, .until = 6, .compute = LegacyBroadcast<InFloat<Compute<Relation>>>});
  r.Add({.name = name, .since = 7, .compute = InFloat<Compute<Relation>>});
}

}  // namespace

QUANTAB_REGISTER(ops, compare) {
  Register<IsEqual>(r, "Equal");
  Register<IsGreater>(r, "Greater");
  Register<IsLess>(r, "Less");
  r.Add({.name = "GreaterOrEqual", .since = 12, .compute = InFloat<Compute<IsGreaterOrEqual>>});
  r.Add({.name = "LessOrEqual", .since = 12, .compute = InFloat<Compute<IsLessOrEqual>>});
}

}  // namespace quantab
