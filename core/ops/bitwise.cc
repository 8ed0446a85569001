// Bits of integers: BitwiseAnd, BitwiseOr, BitwiseXor with broadcasting, BitwiseNot (ai.onnx, since
// 18), and BitShift with broadcasting (since 11), which keeps the sign of what it shifts right.
#include "core/ops/broadcast.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Calls `f(T{})` with the integer type of input 0; throws for others.
template <class F>
void VisitInteger(const OpContext& c, F&& f) {
  VisitNumeric(c, 0, [&](auto zero) {
    if constexpr (std::is_integral_v<decltype(zero)>) {
      f(zero);
    } else {
      UnsupportedInputType(c, 0);
    }
  });
}

struct And {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
// A negative shift, or one by all the bits or more, moves all bits out.
struct ShiftLeft {
  template <class T>
  T operator()(T a, T b) const {
    if (b < T{0} || static_cast<uint64_t>(b) >= sizeof(T) * 8) return T{0};
    return static_cast<T>(static_cast<uint64_t>(a) << b);
  }
};
struct ShiftRight {
  template <class T>
  T operator()(T a, T b) const {
    if (b < T{0} || static_cast<uint64_t>(b) >= sizeof(T) * 8) {
      return a < T{0} ? static_cast<T>(-1) : T{0};
    }
    return static_cast<T>(a >> b);
  }
};

template <class Function>
void Binary(OpContext& c) {
  const Tensor a = c.Input(0);
  const Tensor b = c.Input(1);
  ExpectSameType(c, 0, 1);
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  VisitInteger(c, [&](auto zero) {
    using T = decltype(zero);
    T* y = c.Output(0, a.dtype(), plan.out).template mutable_data<T>();
    BroadcastMap(plan, a.data<T>(), b.data<T>(), y, Function());
  });
}

void Not(OpContext& c) {
  const Tensor x = c.Input(0);
  VisitInteger(c, [&](auto zero) {
    using T = decltype(zero);
    T* y = c.Output(0, x.dtype(), x.shape()).template mutable_data<T>();
    for (T value : x.span<T>()) *y++ = static_cast<T>(~value);
  });
}

void Shift(OpContext& c) {
  const std::string direction = c.attributes().String("direction", "");
  if (direction == "LEFT") return Binary<ShiftLeft>(c);
  if (direction == "RIGHT") return Binary<ShiftRight>(c);
  c.Invalid("attribute 'direction' is '" + direction + "', expected 'LEFT' or 'RIGHT'.");
}

}  // namespace

QUANTAB_REGISTER(ops, bitwise) {
  r.Add({.name = "BitwiseAnd", .since = 18, .in_place = true, .compute = Binary<And>});
  r.Add({.name = "BitwiseOr", .since = 18, .in_place = true, .compute = Binary<Or>});
  r.Add({.name = "BitwiseXor", .since = 18, .in_place = true, .compute = Binary<Xor>});
  r.Add({.name = "BitwiseNot", .since = 18, .in_place = true, .compute = Not});
  r.Add({.name = "BitShift", .since = 11, .in_place = true, .compute = Shift});
}

}  // namespace quantab
