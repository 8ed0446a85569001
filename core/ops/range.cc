// Range (ai.onnx, since 11): start, start + delta, ... up to and without limit.
#include <cmath>
#include <type_traits>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// ceil((limit - start) / delta), at least 0.
template <class T>
int64_t CountSteps(T start, T limit, T delta) {
  if constexpr (std::is_floating_point_v<T>) {
    const double steps = std::ceil((static_cast<double>(limit) - start) / delta);
    if (!(steps < 9e15)) ThrowInvalidArgument("a range has no end.");
    return steps > 0 ? static_cast<int64_t>(steps) : 0;
  } else {
    const bool up = delta > 0;
    if (up ? start >= limit : start <= limit) return 0;
    const uint64_t distance = up ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start)
                                 : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
    const uint64_t step =
        up ? static_cast<uint64_t>(delta) : uint64_t{0} - static_cast<uint64_t>(delta);
    return static_cast<int64_t>((distance - 1) / step + 1);
  }
}

void Compute(OpContext& c) {
  for (int i = 0; i < 3; ++i) {
    ExpectSameType(c, 0, i);
    if (c.Input(i).count() != 1) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
                ", expected one element.");
    }
  }
  const DType dtype = c.Input(0).dtype();
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    const T start = *c.Input(0).data<T>();
    const T limit = *c.Input(1).data<T>();
    const T delta = *c.Input(2).data<T>();
    if (delta == T{0}) ThrowInvalidArgument("a range has step 0.");
    Tensor& y = c.Output(0, dtype, {CountSteps(start, limit, delta)});
    T* out = y.mutable_data<T>();
    for (int64_t i = 0; i < y.count(); ++i) {
      out[i] = WrapAdd(start, WrapMul(static_cast<T>(i), delta));
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, range) { r.Add({.name = "Range", .since = 11, .compute = InFloat<Compute>}); }

}  // namespace quantab
