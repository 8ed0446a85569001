// Comparisons of two tensors with broadcasting: Equal, Greater, Less (ai.onnx, since 7),
// GreaterOrEqual, LessOrEqual (since 12).
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/shape_args.h"

namespace quantab {
namespace {

struct IsEqual {
  template <class T>
  static bool Holds(T a, T b) {
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
  const bool known = VisitArithmetic(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    BroadcastMap(plan, a.data<T>(), b.data<T>(), y, Relation::template Holds<T>);
  });
  if (!known) {
    c.Unsupported("elements of type '" + std::string(NameOf(a.dtype())) + "' are not supported.");
  }
}

}  // namespace

QUANTAB_REGISTER(ops, compare) {
  // Before opset 7 broadcasting was an attribute.
  r.Add({.name = "Equal", .since = 7, .compute = InFloat<Compute<IsEqual>>});
  r.Add({.name = "Greater", .since = 7, .compute = InFloat<Compute<IsGreater>>});
  r.Add({.name = "Less", .since = 7, .compute = InFloat<Compute<IsLess>>});
  r.Add({.name = "GreaterOrEqual", .since = 12, .compute = InFloat<Compute<IsGreaterOrEqual>>});
  r.Add({.name = "LessOrEqual", .since = 12, .compute = InFloat<Compute<IsLessOrEqual>>});
}

}  // namespace quantab
