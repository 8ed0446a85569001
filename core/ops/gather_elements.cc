// GatherElements (ai.onnx, since 11): y[i][j] = x[indices[i][j]][j] for axis 0, and so on.
#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Tensor& indices = c.Input(1);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const size_t size = MovableSize(c, x);
  bool fits = indices.rank() == x.rank();
  for (int d = 0; fits && d < x.rank(); ++d) fits = d == axis || indices.dim(d) <= x.dim(d);
  if (!fits) {
    c.Invalid("indices of shape " + ToString(indices.shape()) + " do not fit input 0 of shape " +
              ToString(x.shape()) + ".");
  }
  const std::vector<int64_t> at = IntegerInput(c, 1);
  Tensor& y = c.Output(0, x.dtype(), indices.shape());

  // Every dimension but the axis walks x and the indices together.
  std::vector<int64_t> strides = StridesOf(x.shape());
  const int64_t along = strides[Size(axis)];
  strides[Size(axis)] = 0;
  StridedLoop<2> loop{indices.shape(), {strides, StridesOf(indices.shape())}};
  loop.Merge();
  const int64_t count = loop.dims.back();
  const int64_t x_step = loop.strides[0].back();
  const int64_t y_step = loop.strides[1].back();
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(x.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    ForEachRow(loop, [&](const std::array<int64_t, 2>& offset) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t target = offset[1] + i * y_step;
        const int64_t index = CheckedIndex(at[Size(target)], x.dim(axis));
        to[target] = from[offset[0] + i * x_step + index * along];
      }
    });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, gather_elements) {
  r.Add({.name = "GatherElements", .since = 11, .compute = Movable<Compute>});
}

}  // namespace quantab
