// OneHot (ai.onnx, since 9): a new dimension of size `depth` that holds values[1] at the index and
// values[0] elsewhere; an index outside [-depth, depth) leaves values[0] everywhere.
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// What is no index and no depth.
constexpr int64_t kNowhere = std::numeric_limits<int64_t>::max();

template <class T>
int64_t Truncated(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fabs(value) < T(0x1p62) ? static_cast<int64_t>(value) : kNowhere;
  } else {
    return std::in_range<int64_t>(value) ? static_cast<int64_t>(value) : kNowhere;
  }
}

// The elements of a numeric input as integers, fractions dropped.
std::vector<int64_t> IntegersOfInput(const OpContext& c, int i) {
  std::vector<int64_t> values;
  if (IsHalf(c.Input(i).dtype())) {
    const Tensor floats = HalfToFloat(c.Input(i));
    for (float value : floats.span<float>()) values.push_back(Truncated(value));
    return values;
  }
  VisitNumeric(c, i, [&](auto zero) {
    for (auto value : c.Input(i).span<decltype(zero)>()) values.push_back(Truncated(value));
  });
  return values;
}

void Compute(OpContext& c) {
  const Tensor& indices = c.Input(0);
  const Tensor& values = c.Input(2);
  const size_t size = MovableSize(c, values);
  const std::vector<int64_t> depths = IntegersOfInput(c, 1);
  if (depths.size() != 1 || depths[0] < 0 || depths[0] == kNowhere) {
    c.Invalid("input 1 is not one number from 0 up.");
  }
  if (values.count() != 2) c.Invalid("input 2 has not two elements.");
  const int64_t depth = depths[0];
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), indices.rank() + 1);
  const std::vector<int64_t> at = IntegersOfInput(c, 0);
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

QUANTAB_REGISTER(ops, one_hot) {
  r.Add({.name = "OneHot", .since = 9, .compute = Movable<Compute, 0b100>});
}

}  // namespace quantab
