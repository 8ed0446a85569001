// Arithmetic of two tensors with broadcasting: Add, Sub, Mul, Div, PRelu (ai.onnx, since 1; NumPy's
// broadcasting since 7).
#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/legacy_broadcast.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using kernels::BinaryOp;

void RunFloat(BinaryOp op, const BroadcastPlan& plan, const float* a, const float* b, float* y) {
  const BroadcastInner in = InnerOf(plan);
  ForEachBlock(plan, [&](int64_t a0, int64_t b0, int64_t y0) {
    kernels::Binary(op, Size(in.rows), Size(in.columns), a + a0, Size(in.a_row), Size(in.a_column),
                    b + b0, Size(in.b_row), Size(in.b_column), y + y0);
  });
}

// Integer quotients are truncated towards zero, and wrap for the lowest value over -1.
template <class T>
T Divide(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) {
      if (b == T{-1}) return WrapSub(T{0}, a);
    }
    return static_cast<T>(a / b);
  } else {
    return a / b;
  }
}

template <BinaryOp kOp, class T>
T Apply(T a, T b) {
  switch (kOp) {
    case BinaryOp::kAdd:
      return WrapAdd(a, b);
    case BinaryOp::kSub:
      return WrapSub(a, b);
    case BinaryOp::kMul:
      return WrapMul(a, b);
    case BinaryOp::kDiv:
      return Divide(a, b);
    default:
      return a < T{0} ? WrapMul(a, b) : a;
  }
}

template <BinaryOp kOp>
void Compute(OpContext& c) {
  const Tensor a = c.Input(0);
  const Tensor b = c.Input(1);
  if (a.dtype() != b.dtype()) {
    c.Invalid("inputs have types '" + std::string(NameOf(a.dtype())) + "' and '" +
              std::string(NameOf(b.dtype())) + "', expected equal ones.");
  }
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    const T* pa = a.data<T>();
    const T* pb = b.data<T>();
    if constexpr (std::is_integral_v<T>) {
      if (kOp == BinaryOp::kDiv) {
        for (T divisor : b.span<T>()) {
          if (divisor == T{0}) c.Invalid("an integer is divided by zero.");
        }
      }
    }
    T* y = c.Output(0, a.dtype(), plan.out).template mutable_data<T>();
    if constexpr (std::is_same_v<T, float>) {
      RunFloat(kOp, plan, pa, pb, y);
    } else {
      BroadcastMap(plan, pa, pb, y, Apply<kOp, T>);
    }
  });
}

// Before opset 7 a vector of slopes has one for each channel.
void LegacyPrelu(OpContext& c) {
  Tensor slope = c.Input(1);
  if (slope.rank() == 1 && slope.count() != 1) {
    Shape shape = slope.shape();
    for (int d = 2; d < c.Input(0).rank(); ++d) shape.push_back(1);
    slope = slope.Reshaped(std::move(shape));
  }
  ComputeWithSecond(c, InFloat<Compute<BinaryOp::kPrelu>>, slope);
}

template <BinaryOp kOp>
void Register(OpRegistry& r, std::string_view name) {
  r.Add({.name = name,
         .until = 6,
         .in_place = true,
         .compute = LegacyBroadcast<InFloat<Compute<kOp>>>});
  r.Add({.name = name, .since = 7, .in_place = true, .compute = InFloat<Compute<kOp>>});
}

}  // namespace

QUANTAB_REGISTER(ops, binary) {
  Register<BinaryOp::kAdd>(r, "Add");
  Register<BinaryOp::kSub>(r, "Sub");
  Register<BinaryOp::kMul>(r, "Mul");
  Register<BinaryOp::kDiv>(r, "Div");
  r.Add({.name = "PRelu", .until = 6, .in_place = true, .compute = LegacyPrelu});
  r.Add({.name = "PRelu",
         .since = 7,
         .in_place = true,
         .compute = InFloat<Compute<BinaryOp::kPrelu>>});
}

}  // namespace quantab
