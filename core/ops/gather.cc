// Gather (ai.onnx, since 1): y[.., i.., ..] = x[.., indices[i..], ..] along an axis.
#include <cstring>

#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Tensor& indices = c.Input(1);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const size_t size = MovableSize(c, x);
  std::vector<int64_t> at = IntegerInput(c, 1);
  for (int64_t& index : at) index = CheckedIndex(index, x.dim(axis));

  Shape shape(x.shape().begin(), x.shape().begin() + axis);
  shape.insert(shape.end(), indices.shape().begin(), indices.shape().end());
  shape.insert(shape.end(), x.shape().begin() + axis + 1, x.shape().end());
  const size_t rows = Size(CountOf(x.shape(), 0, axis));
  const size_t inner = Size(CountOf(x.shape(), axis + 1, x.rank())) * size;
  const size_t row_bytes = Size(x.dim(axis)) * inner;
  std::byte* y = c.Output(0, x.dtype(), std::move(shape)).mutable_raw();
  if (inner == 0) return;
  for (size_t row = 0; row < rows; ++row) {
    for (int64_t index : at) {
      std::memcpy(y, x.raw() + row * row_bytes + Size(index) * inner, inner);
      y += inner;
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, gather) { r.Add({.name = "Gather", .compute = Movable<Compute>}); }

}  // namespace quantab
