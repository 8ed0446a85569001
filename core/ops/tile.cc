// Tile (ai.onnx, since 6): x repeated along every dimension.
#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const size_t size = MovableSize(c, x);
  const std::vector<int64_t> repeats = IntegerInput(c, 1);
  if (repeats.size() != x.shape().size()) {
    c.Invalid("there are " + std::to_string(repeats.size()) + " repeats for input 0 of shape " +
              ToString(x.shape()) + ".");
  }
  // Every dimension becomes two: the repeats, which do not move in x, and the dimension itself.
  const std::vector<int64_t> x_strides = StridesOf(x.shape());
  Shape shape, dims;
  std::vector<int64_t> from;
  for (size_t d = 0; d < repeats.size(); ++d) {
    if (repeats[d] < 0) c.Invalid("a repeat is negative.");
    if (x.shape()[d] != 0 && repeats[d] > std::numeric_limits<int64_t>::max() / x.shape()[d]) {
      c.Invalid("repeats " + ToString(repeats) + " are too large.");
    }
    shape.push_back(x.shape()[d] * repeats[d]);
    dims.push_back(repeats[d]);
    dims.push_back(x.shape()[d]);
    from.push_back(0);
    from.push_back(x_strides[d]);
  }
  Tensor& y = c.Output(0, x.dtype(), std::move(shape));
  if (y.count() == 0) return;
  CopyStrided(size, dims, x.raw(), from, y.mutable_raw(), StridesOf(dims));
}

}  // namespace

QUANTAB_REGISTER(ops, tile) { r.Add({.name = "Tile", .since = 6, .compute = Compute}); }

}  // namespace quantab
