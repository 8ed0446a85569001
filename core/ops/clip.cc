// Clip (ai.onnx): y = min(max(x, low), high). The bounds are attributes before opset 11 and
// optional scalar inputs since; one that is absent is the least or largest finite number.
#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <class T>
T Bound(const OpContext& c, int i, T otherwise) {
  const Tensor* bound = c.Optional(i);
  if (bound == nullptr) return otherwise;
  if (bound->count() != 1) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(bound->shape()) +
              ", expected a scalar.");
  }
  if (bound->dtype() != DTypeOf<T>::value) {
    c.Invalid("input " + std::to_string(i) + " has type '" + std::string(NameOf(bound->dtype())) +
              "', expected that of input 0.");
  }
  return bound->data<T>()[0];
}

template <class T>
void Clamp(OpContext& c, T low, T high) {
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, x.dtype(), x.shape());
  const T* in = x.data<T>();
  T* out = y.mutable_data<T>();
  if constexpr (std::is_same_v<T, float>) {
    kernels::Unary(kernels::UnaryOp::kClip, Size(x.count()), in, out, low, high);
  } else {
    for (int64_t i = 0; i < x.count(); ++i) out[i] = MinOf(MaxOf(in[i], low), high);
  }
}

void ComputeAttributes(OpContext& c) {
  FloatInput(c, 0);
  Clamp(c, c.attributes().Float("min", std::numeric_limits<float>::lowest()),
        c.attributes().Float("max", std::numeric_limits<float>::max()));
}

void ComputeInputs(OpContext& c) {
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    using Limits = std::numeric_limits<T>;
    Clamp(c, Bound(c, 1, Limits::lowest()), Bound(c, 2, Limits::max()));
  });
}

}  // namespace

QUANTAB_REGISTER(ops, clip) {
  r.Add({.name = "Clip", .until = 10, .in_place = true, .compute = InFloat<ComputeAttributes>});
  r.Add({.name = "Clip", .since = 11, .in_place = true, .compute = InFloat<ComputeInputs>});
}

}  // namespace quantab
