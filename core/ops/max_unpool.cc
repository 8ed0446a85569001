// MaxUnpool (ai.onnx, since 9): each element at the index that MaxPool found it at, zero elsewhere.
// Indices count the elements of the shape that the attributes lead to; a larger `output_shape` has
// zeros behind them.
#include <cstring>

#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

void CheckRange(const OpContext& c, const std::vector<int64_t>& values, size_t count,
                int64_t least) {
  bool valid = values.size() == count;
  for (int64_t value : values) {
    valid = valid && value >= least;
    CheckPositions(c, value);
  }
  if (!valid) {
    c.Invalid("an attribute is " + ToString(values) + ", expected " + std::to_string(count) +
              " numbers from " + std::to_string(least) + " up.");
  }
}

// The shape of what was pooled.
Shape PooledShape(const OpContext& c, const Shape& x) {
  const size_t dims = x.size() - 2;
  const std::vector<int64_t> kernel = c.attributes().Ints("kernel_shape");
  const std::vector<int64_t> strides =
      c.attributes().Ints("strides", std::vector<int64_t>(dims, 1));
  const std::vector<int64_t> pads = c.attributes().Ints("pads", std::vector<int64_t>(2 * dims, 0));
  CheckRange(c, kernel, dims, 1);
  CheckRange(c, strides, dims, 1);
  CheckRange(c, pads, 2 * dims, 0);
  Shape shape = x;
  for (size_t d = 0; d < dims; ++d) {
    CheckPositions(c, x[d + 2]);
    shape[d + 2] = (x[d + 2] - 1) * strides[d] + kernel[d] - pads[d] - pads[dims + d];
    if (shape[d + 2] < 0) c.Invalid("the output would have shape " + ToString(shape) + ".");
  }
  return shape;
}

Shape OutputShape(const OpContext& c, const Shape& pooled) {
  if (c.Optional(2) == nullptr) return pooled;
  Shape shape = IntegerInput(c, 2);
  bool fits = shape.size() == pooled.size();
  for (size_t d = 0; fits && d < shape.size(); ++d) fits = shape[d] >= pooled[d];
  if (!fits) {
    c.Invalid("input 2 is " + ToString(shape) + ", expected at least " + ToString(pooled) + ".");
  }
  return shape;
}

// Element `index` of a tensor of shape `from` as one of a tensor of shape `to`, which is as large
// or larger in each dimension.
int64_t Translated(int64_t index, const Shape& from, const std::vector<int64_t>& to_strides) {
  int64_t translated = 0;
  for (size_t d = from.size(); d-- > 0;) {
    translated += index % from[d] * to_strides[d];
    index /= from[d];
  }
  return translated;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.rank() < 3) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 3 or more.");
  }
  if (c.Input(1).shape() != x.shape()) {
    c.Invalid("inputs 0 and 1 have shapes " + ToString(x.shape()) + " and " +
              ToString(c.Input(1).shape()) + ", expected one shape.");
  }
  const size_t size = MovableSize(c, x);
  const std::vector<int64_t> indices = IntegerInput(c, 1);
  const Shape pooled = PooledShape(c, x.shape());
  const int64_t count = ElementCount(pooled);
  Tensor& y = c.Output(0, x.dtype(), OutputShape(c, pooled));
  if (y.bytes() > 0) std::memset(y.mutable_raw(), 0, y.bytes());
  const std::vector<int64_t> strides = StridesOf(y.shape());
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(x.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    for (size_t i = 0; i < indices.size(); ++i) {
      if (indices[i] < 0 || indices[i] >= count) {
        ThrowInvalidArgument("index " + std::to_string(indices[i]) + " is outside a tensor of " +
                             std::to_string(count) + " elements.");
      }
      to[Translated(indices[i], pooled, strides)] = from[i];
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, max_unpool) { r.Add({.name = "MaxUnpool", .since = 9, .compute = Compute}); }

}  // namespace quantab
