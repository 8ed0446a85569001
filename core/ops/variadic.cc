// Min, Max, Sum, Mean (ai.onnx, since 8 with broadcasting) of any number of tensors; Mean is of
// floats.
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

enum class Fold { kMin, kMax, kSum, kMean };

template <Fold kFold, class T>
T Combine(T a, T b) {
  if constexpr (kFold == Fold::kMin) return MinOf(a, b);
  if constexpr (kFold == Fold::kMax) return MaxOf(a, b);
  return WrapAdd(a, b);
}

template <Fold kFold>
void Compute(OpContext& c) {
  Shape shape = c.Input(0).shape();
  const DType dtype = c.Input(0).dtype();
  if (kFold == Fold::kMean && !IsFloat(dtype)) UnsupportedInputType(c, 0);
  for (int i = 1; i < c.input_count(); ++i) {
    if (c.Input(i).dtype() != dtype) c.Invalid("inputs have different types.");
    shape = PlanBroadcast(c, shape, c.Input(i).shape()).out;
  }
  if (c.input_count() == 1) return c.SetOutput(0, c.Input(0));
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Tensor& y = c.Output(0, dtype, shape);
    T* out = y.mutable_data<T>();
    const Tensor& first = c.Input(0);
    const Tensor& second = c.Input(1);
    BroadcastMap(PlanBroadcastTo(first.shape(), second.shape(), shape), first.data<T>(),
                 second.data<T>(), out, Combine<kFold, T>);
    for (int i = 2; i < c.input_count(); ++i) {
      const Tensor& next = c.Input(i);
      BroadcastMap(PlanBroadcastTo(shape, next.shape(), shape), static_cast<const T*>(out),
                   next.data<T>(), out, Combine<kFold, T>);
    }
    if constexpr (kFold == Fold::kMean && std::is_floating_point_v<T>) {
      const T count = static_cast<T>(c.input_count());
      for (int64_t i = 0; i < y.count(); ++i) out[i] /= count;
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, variadic) {
  r.Add({.name = "Min", .compute = InFloat<Compute<Fold::kMin>>});
  r.Add({.name = "Max", .compute = InFloat<Compute<Fold::kMax>>});
  r.Add({.name = "Sum", .compute = InFloat<Compute<Fold::kSum>>});
  r.Add({.name = "Mean", .compute = InFloat<Compute<Fold::kMean>>});
}

}  // namespace quantab
