// ArgMax, ArgMin (ai.onnx, since 1): position of the largest or smallest element along an axis, the
// first one among equals, or the last with select_last_index (opset 12).
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <bool kLargest>
void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const bool last = c.attributes().Int("select_last_index", 0) != 0;
  const int64_t dim = x.dim(axis);
  const int64_t outer = CountOf(x.shape(), 0, axis);
  const int64_t inner = CountOf(x.shape(), axis + 1, x.rank());
  if (dim == 0 && outer * inner > 0) c.Invalid("dimension " + std::to_string(axis) + " is empty.");
  Shape shape = x.shape();
  if (c.attributes().Int("keepdims", 1) != 0) {
    shape[Size(axis)] = 1;
  } else {
    shape.erase(shape.begin() + axis);
  }
  int64_t* y = c.Output(0, DType::kInt64, std::move(shape)).mutable_data<int64_t>();
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    const T* data = x.data<T>();
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        const T* line = data + o * dim * inner + i;
        int64_t best = 0;
        for (int64_t k = 1; k < dim; ++k) {
          const T value = line[k * inner];
          const T held = line[best * inner];
          const bool better = kLargest ? value > held : value < held;
          if (better || (last && value == held)) best = k;
        }
        *y++ = best;
      }
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, arg_extremum) {
  r.Add({.name = "ArgMax", .compute = InFloat<Compute<true>>});
  r.Add({.name = "ArgMin", .compute = InFloat<Compute<false>>});
}

}  // namespace quantab
