// Reshape (ai.onnx, since 5): the same elements under another shape. A 0 copies the input's
// dimension (unless allowzero), one -1 takes what is left.
#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  c.Input(1);
  const Shape wanted = IntegerInput(c, 1);
  const bool allow_zero = c.attributes().Int("allowzero", 0) != 0;
  Shape shape = wanted;
  int free_dim = -1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !allow_zero) {
      if (i >= x.shape().size()) {
        c.Invalid("shape " + ToString(wanted) + " copies dimension " + std::to_string(i) +
                  " of input 0, which has shape " + ToString(x.shape()) + ".");
      }
      shape[i] = x.shape()[i];
    } else if (shape[i] == -1) {
      if (free_dim >= 0) c.Invalid("shape " + ToString(wanted) + " has more than one '-1'.");
      free_dim = static_cast<int>(i);
      shape[i] = 1;
    }
  }
  const std::optional<int64_t> known = CheckedElementCount(shape);
  if (free_dim >= 0 && known && *known > 0) shape[Size(free_dim)] = x.count() / *known;
  if (CheckedElementCount(shape) != x.count()) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", which cannot become " +
              ToString(wanted) + ".");
  }
  c.SetOutput(0, x.Reshaped(std::move(shape)));
}

}  // namespace

QUANTAB_REGISTER(ops, reshape) { r.Add({.name = "Reshape", .since = 5, .compute = Compute}); }

}  // namespace quantab
