// ScatterElements (ai.onnx, since 11; before that Scatter): a copy of x in which, for axis 0,
// y[indices[i][j]][j] is updates[i][j], or its reduction with it (opset 16).
#include <cstring>

#include "core/ops/half.h"
#include "core/ops/movable.h"
#include "core/ops/scatter.h"
#include "core/ops/shape_args.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Tensor& indices = c.Input(1);
  const Tensor& updates = c.Input(2);
  ExpectSameType(c, 0, 2);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const size_t size = MovableSize(c, x);
  bool fits = indices.rank() == x.rank() && indices.shape() == updates.shape();
  for (int d = 0; fits && d < x.rank(); ++d) fits = d == axis || indices.dim(d) <= x.dim(d);
  if (!fits) {
    c.Invalid("indices of shape " + ToString(indices.shape()) + " and updates of shape " +
              ToString(updates.shape()) + " do not fit input 0 of shape " + ToString(x.shape()) +
              ".");
  }
  const std::vector<int64_t> at = IntegerInput(c, 1);
  const int64_t dim = x.dim(axis);
  std::vector<int64_t> strides = StridesOf(x.shape());
  const int64_t along = strides[Size(axis)];
  strides[Size(axis)] = 0;
  StridedLoop<2> loop{indices.shape(), {strides, StridesOf(indices.shape())}};
  loop.Merge();

  Tensor& y = c.Output(0, x.dtype(), x.shape());
  if (y.bytes() > 0 && y.raw() != x.raw()) std::memcpy(y.mutable_raw(), x.raw(), y.bytes());
  VisitReduction(c, ReductionOf(c), size, [&](auto zero, auto reduce) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(updates.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    ForEachRow(loop, [&](const std::array<int64_t, 2>& offset) {
      for (int64_t i = 0; i < loop.dims.back(); ++i) {
        const int64_t source = offset[1] + i * loop.strides[1].back();
        const int64_t index = CheckedIndex(at[Size(source)], dim);
        T& target = to[offset[0] + i * loop.strides[0].back() + index * along];
        target = reduce(target, from[source]);
      }
    });
  });
}

// What is reduced is numbers.
void ComputeAny(OpContext& c) {
  if (ReductionOf(c) != Reduction::kNone) return InFloat<Compute>(c);
  Movable<Compute, 0b101>(c);
}

}  // namespace

QUANTAB_REGISTER(ops, scatter_elements) {
  r.Add({.name = "Scatter", .since = 9, .until = 10, .in_place = true, .compute = ComputeAny});
  r.Add({.name = "ScatterElements", .since = 11, .in_place = true, .compute = ComputeAny});
}

}  // namespace quantab
