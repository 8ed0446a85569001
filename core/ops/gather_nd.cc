// GatherND (ai.onnx, since 11): slices of x named by index tuples, the last dimension of the
// indices; the first batch_dims (opset 12) dimensions of both walk together.
#include <cstring>

#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Tensor& indices = c.Input(1);
  const size_t size = MovableSize(c, x);
  const int64_t batch_dims = c.attributes().Int("batch_dims", 0);
  const int tuple = indices.rank() > 0 ? static_cast<int>(indices.dim(indices.rank() - 1)) : 0;
  bool fits = indices.rank() > 0 && batch_dims >= 0 && batch_dims < indices.rank() &&
              batch_dims + tuple <= x.rank();
  for (int d = 0; fits && d < batch_dims; ++d) fits = x.dim(d) == indices.dim(d);
  if (!fits) {
    c.Invalid("indices of shape " + ToString(indices.shape()) + " do not fit input 0 of shape " +
              ToString(x.shape()) + " with 'batch_dims' " + std::to_string(batch_dims) + ".");
  }
  const int batch = static_cast<int>(batch_dims);
  const std::vector<int64_t> at = IntegerInput(c, 1);
  const std::vector<int64_t> strides = StridesOf(x.shape());

  Shape shape(indices.shape().begin(), indices.shape().end() - 1);
  shape.insert(shape.end(), x.shape().begin() + batch + tuple, x.shape().end());
  const int64_t batches = CountOf(x.shape(), 0, batch);
  const int64_t per_batch = CountOf(indices.shape(), batch, indices.rank() - 1);
  const int64_t batch_stride = CountOf(x.shape(), batch, x.rank());
  const size_t slice = Size(CountOf(x.shape(), batch + tuple, x.rank())) * size;
  std::byte* y = c.Output(0, x.dtype(), std::move(shape)).mutable_raw();
  if (slice == 0) return;
  for (int64_t n = 0; n < batches * per_batch; ++n) {
    int64_t offset = n / per_batch * batch_stride;
    for (int k = 0; k < tuple; ++k) {
      const int64_t index = CheckedIndex(at[Size(n * tuple + k)], x.dim(batch + k));
      offset += index * strides[Size(batch + k)];
    }
    std::memcpy(y, x.raw() + Size(offset) * size, slice);
    y += slice;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, gather_nd) {
  r.Add({.name = "GatherND", .since = 11, .compute = Movable<Compute>});
}

}  // namespace quantab
