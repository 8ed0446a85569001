// Flatten (ai.onnx, since 1): a matrix of the dimensions before and from the axis on.
#include "core/ops/op.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  int64_t axis = c.attributes().Int("axis", 1);
  if (axis < -x.rank() || axis > x.rank()) {
    c.Invalid("axis '" + std::to_string(axis) + "' is outside a tensor of rank " +
              std::to_string(x.rank()) + ".");
  }
  if (axis < 0) axis += x.rank();
  const int split = static_cast<int>(axis);
  c.SetOutput(0, x.Reshaped({CountOf(x.shape(), 0, split), CountOf(x.shape(), split, x.rank())}));
}

}  // namespace

QUANTAB_REGISTER(ops, flatten) { r.Add({.name = "Flatten", .compute = Compute}); }

}  // namespace quantab
