// ScatterND (ai.onnx, since 11): a copy of x in which the slices named by index tuples, the last
// dimension of the indices, are the updates, or their reduction with them (opset 16).
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
  const size_t size = MovableSize(c, x);
  const int tuple = indices.rank() > 0 ? static_cast<int>(indices.dim(indices.rank() - 1)) : 0;
  Shape expected;
  if (indices.rank() > 0 && tuple <= x.rank()) {
    expected.assign(indices.shape().begin(), indices.shape().end() - 1);
    expected.insert(expected.end(), x.shape().begin() + tuple, x.shape().end());
  }
  if (indices.rank() == 0 || tuple > x.rank() || updates.shape() != expected) {
    c.Invalid("indices of shape " + ToString(indices.shape()) + " and updates of shape " +
              ToString(updates.shape()) + " do not fit input 0 of shape " + ToString(x.shape()) +
              ".");
  }
  const std::vector<int64_t> at = IntegerInput(c, 1);
  const Shape dims = x.shape();
  const std::vector<int64_t> strides = StridesOf(dims);
  const int64_t tuples = CountOf(indices.shape(), 0, indices.rank() - 1);
  const int64_t slice = CountOf(dims, tuple, x.rank());

  Tensor& y = c.Output(0, x.dtype(), dims);
  if (y.bytes() > 0 && y.raw() != x.raw()) std::memcpy(y.mutable_raw(), x.raw(), y.bytes());
  VisitReduction(c, ReductionOf(c), size, [&](auto zero, auto reduce) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(updates.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    for (int64_t n = 0; n < tuples; ++n) {
      int64_t offset = 0;
      for (int k = 0; k < tuple; ++k) {
        offset += CheckedIndex(at[Size(n * tuple + k)], dims[Size(k)]) * strides[Size(k)];
      }
      for (int64_t i = 0; i < slice; ++i) {
        to[offset + i] = reduce(to[offset + i], from[n * slice + i]);
      }
    }
  });
}

// What is reduced is numbers.
void ComputeAny(OpContext& c) {
  if (ReductionOf(c) != Reduction::kNone) return InFloat<Compute>(c);
  Movable<Compute, 0b101>(c);
}

}  // namespace

QUANTAB_REGISTER(ops, scatter_nd) {
  r.Add({.name = "ScatterND", .since = 11, .in_place = true, .compute = ComputeAny});
}

}  // namespace quantab
