// OneHot (ai.onnx, since 9): a new dimension of size `depth` that holds values[1] at the index and
// values[0] elsewhere; an index outside [-depth, depth) leaves values[0] everywhere.
#include <cstring>

#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The elements of a numeric input as integers, fractions dropped.
std::vector<int64_t> Truncated(const OpContext& c, int i) {
  std::vector<int64_t> values;
  VisitNumeric(c, i, [&](auto zero) {
    using T = decltype(zero);
    for (T value : c.Input(i).span<T>()) values.push_back(static_cast<int64_t>(value));
  });
  return values;
}

void Compute(OpContext& c) {
  const Tensor& indices = c.Input(0);
  const Tensor& values = c.Input(2);
  const size_t size = MovableSize(c, values);
  const std::vector<int64_t> depths = Truncated(c, 1);
  if (depths.size() != 1 || depths[0] < 0) c.Invalid("input 1 is not one number from 0 up.");
  if (values.count() != 2) c.Invalid("input 2 has not two elements.");
  const int64_t depth = depths[0];
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), indices.rank() + 1);
  const std::vector<int64_t> at = Truncated(c, 0);
  const int64_t inner = CountOf(indices.shape(), axis, indices.rank());
  Shape shape = indices.shape();
  shape.insert(shape.begin() + axis, depth);
  Tensor& y = c.Output(0, values.dtype(), std::move(shape));
  FillElements(y.mutable_raw(), y.count(), size, values.raw());
  for (size_t n = 0; n < at.size(); ++n) {
    if (at[n] < -depth || at[n] >= depth) continue;
    const int64_t index = at[n] < 0 ? at[n] + depth : at[n];
    const int64_t row = static_cast<int64_t>(n) / inner;
    const int64_t column = static_cast<int64_t>(n) % inner;
    std::memcpy(y.mutable_raw() + Size((row * depth + index) * inner + column) * size,
                values.raw() + size, size);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, one_hot) { r.Add({.name = "OneHot", .since = 9, .compute = Compute}); }

}  // namespace quantab
