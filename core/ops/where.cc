// Where (ai.onnx, since 9): x where the condition holds, else y, with broadcasting.
#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& condition = c.Input(0);
  const Tensor& x = c.Input(1);
  const Tensor& y = c.Input(2);
  ExpectSameType(c, 1, 2);
  const size_t size = MovableSize(c, x);
  std::optional<Shape> shape = BroadcastShapes(x.shape(), y.shape());
  if (shape) shape = BroadcastShapes(*shape, condition.shape());
  if (!shape) {
    c.Invalid("shapes " + ToString(condition.shape()) + ", " + ToString(x.shape()) + " and " +
              ToString(y.shape()) + " cannot be broadcast together.");
  }
  const bool* holds = condition.data<bool>();
  StridedLoop<4> loop{
      *shape,
      {BroadcastStrides(condition.shape(), *shape), BroadcastStrides(x.shape(), *shape),
       BroadcastStrides(y.shape(), *shape), StridesOf(*shape)}};
  loop.Merge();
  const int64_t count = loop.dims.back();
  const int64_t c_step = loop.strides[0].back();
  const int64_t x_step = loop.strides[1].back();
  const int64_t y_step = loop.strides[2].back();
  Tensor& out = c.Output(0, x.dtype(), *shape);
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* px = reinterpret_cast<const T*>(x.raw());
    const T* py = reinterpret_cast<const T*>(y.raw());
    T* to = reinterpret_cast<T*>(out.mutable_raw());
    ForEachRow(loop, [&](const std::array<int64_t, 4>& at) {
      for (int64_t i = 0; i < count; ++i) {
        to[at[3] + i] = holds[at[0] + i * c_step] ? px[at[1] + i * x_step] : py[at[2] + i * y_step];
      }
    });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, where) {
  r.Add({.name = "Where", .since = 9, .compute = Movable<Compute, 0b110>});
}

}  // namespace quantab
