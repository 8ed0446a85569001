// Slice (ai.onnx, since 1): x[start:end:step] along some axes. Starts, ends and axes are attributes
// up to opset 9; inputs from 10 on, together with steps, which may be negative.
#include <algorithm>
#include <limits>

#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kLastAttributes = 9;

struct Range {
  int64_t start = 0, step = 1, count = 0;
};

// The largest number of either type that ends may have: to the end of the dimension, whichever way
// the slice goes.
bool IsOpenEnd(int64_t end) {
  return end == std::numeric_limits<int64_t>::max() || end == std::numeric_limits<int32_t>::max();
}

// The elements that start:end:step takes from a dimension of size `dim`. Unlike NumPy's, a start
// before the dimension is its first element also when the step is negative, as in ONNX Runtime.
Range RangeOf(int64_t start, int64_t end, int64_t step, int64_t dim) {
  if (dim == 0) return {};
  if (start < 0) start += dim;
  Range range;
  if (step > 0) {
    if (end < 0) end += dim;
    start = std::clamp<int64_t>(start, 0, dim);
    end = std::clamp<int64_t>(end, 0, dim);
    range.count = start < end ? (end - start - 1) / step + 1 : 0;
  } else {
    if (IsOpenEnd(end)) {
      end = -1;
    } else if (end < 0) {
      end += dim;
    }
    step = std::max(step, -std::numeric_limits<int64_t>::max());
    start = std::clamp<int64_t>(start, 0, dim - 1);
    end = std::clamp<int64_t>(end, -1, dim - 1);
    range.count = start > end ? (start - end - 1) / -step + 1 : 0;
  }
  range.start = start;
  range.step = range.count > 1 ? step : 1;
  return range;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const size_t size = MovableSize(c, x);
  const std::vector<int64_t> starts = AttributeOrInput(c, "starts", 1, kLastAttributes);
  const std::vector<int64_t> ends = AttributeOrInput(c, "ends", 2, kLastAttributes);
  std::vector<int64_t> given_axes = AttributeOrInput(c, "axes", 3, kLastAttributes);
  std::vector<int64_t> steps;
  if (c.opset() > kLastAttributes) steps = IntegerInput(c, 4);
  if (given_axes.empty()) {
    for (size_t i = 0; i < starts.size(); ++i) given_axes.push_back(static_cast<int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || given_axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    c.Invalid("starts, ends, axes and steps have " + std::to_string(starts.size()) + ", " +
              std::to_string(ends.size()) + ", " + std::to_string(given_axes.size()) + " and " +
              std::to_string(steps.size()) + " elements, expected equal numbers.");
  }
  const std::vector<int> axes = NormalizeAxes(c, given_axes, x.rank());

  Shape shape = x.shape();
  std::vector<int64_t> strides = StridesOf(x.shape());
  int64_t offset = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = Size(axes[i]);
    if (steps[i] == 0) c.Invalid("a step is 0.");
    const Range range = RangeOf(starts[i], ends[i], steps[i], shape[axis]);
    shape[axis] = range.count;
    offset += range.start * strides[axis];
    strides[axis] *= range.step;
  }
  if (shape == x.shape() && strides == StridesOf(x.shape())) {
    c.SetOutput(0, x);
    return;
  }
  Tensor& y = c.Output(0, x.dtype(), shape);
  if (y.count() == 0) return;
  CopyStrided(size, shape, x.raw() + offset * static_cast<int64_t>(size), strides, y.mutable_raw(),
              StridesOf(shape));
}

}  // namespace

QUANTAB_REGISTER(ops, slice) { r.Add({.name = "Slice", .compute = Movable<Compute>}); }

}  // namespace quantab
