// Concat (ai.onnx, since 4): the inputs one after the other along an axis.
#include <cstring>

#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& first = c.Input(0);
  if (!c.attributes().Has("axis")) c.Invalid("attribute 'axis' is missing.");
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), first.rank());
  const size_t size = MovableSize(c, first);
  Shape shape = first.shape();
  for (int i = 1; i < c.input_count(); ++i) {
    ExpectSameType(c, 0, i);
    const Shape& other = c.Input(i).shape();
    bool fits = other.size() == shape.size();
    for (size_t d = 0; fits && d < shape.size(); ++d) {
      fits = d == Size(axis) || other[d] == shape[d];
    }
    if (!fits) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(other) +
                ", which cannot follow " + ToString(first.shape()) + " along axis " +
                std::to_string(axis) + ".");
    }
    shape[Size(axis)] += other[Size(axis)];
  }
  const size_t rows = Size(CountOf(shape, 0, axis));
  const size_t inner = Size(CountOf(shape, axis + 1, first.rank())) * size;
  const size_t row_bytes = Size(shape[Size(axis)]) * inner;
  std::byte* y = c.Output(0, first.dtype(), shape).mutable_raw();
  for (int i = 0; i < c.input_count(); ++i) {
    const Tensor& x = c.Input(i);
    const size_t part = Size(x.dim(axis)) * inner;
    if (part == 0) continue;
    for (size_t row = 0; row < rows; ++row) {
      std::memcpy(y + row * row_bytes, x.raw() + row * part, part);
    }
    y += part;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, concat) { r.Add({.name = "Concat", .since = 4, .compute = Compute}); }

}  // namespace quantab
