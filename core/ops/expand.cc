// Expand (ai.onnx, since 8): x broadcast with a shape.
#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Shape wanted = IntegerInput(c, 1);
  const std::optional<Shape> shape = BroadcastShapes(x.shape(), wanted);
  if (!shape) {
    c.Invalid("input 0 of shape " + ToString(x.shape()) + " cannot be expanded to " +
              ToString(wanted) + ".");
  }
  if (ElementCount(*shape) == x.count()) {
    c.SetOutput(0, x.Reshaped(*shape));
    return;
  }
  const size_t size = MovableSize(c, x);
  Tensor& y = c.Output(0, x.dtype(), *shape);
  CopyStrided(size, *shape, x.raw(), BroadcastStrides(x.shape(), *shape), y.mutable_raw(),
              StridesOf(*shape));
}

}  // namespace

QUANTAB_REGISTER(ops, expand) {
  r.Add({.name = "Expand", .since = 8, .compute = Movable<Compute>});
}

}  // namespace quantab
