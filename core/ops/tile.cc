// Tile (ai.onnx, since 1): x repeated along every dimension; up to opset 5 along one only.
#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

constexpr int64_t kLastSingle = 5;

// Input `i` is one number of the type of x, which may be a float.
int64_t NumberInput(const OpContext& c, int i) {
  constexpr double kLargest = 0x1p62;
  const Tensor& given = c.Input(i);
  double number = -1;
  if (given.count() == 1 && IsHalf(given.dtype())) {
    number = HalfToFloat(given).data<float>()[0];
  } else if (given.count() == 1) {
    VisitNumeric(c, i,
                 [&](auto zero) { number = static_cast<double>(given.data<decltype(zero)>()[0]); });
  }
  if (!(number >= 0 && number <= kLargest)) {
    c.Invalid("input " + std::to_string(i) + " is not one number from 0 up.");
  }
  return static_cast<int64_t>(number);
}

std::vector<int64_t> RepeatsOf(const OpContext& c) {
  if (c.opset() > kLastSingle) return IntegerInput(c, 1);
  const int rank = c.Input(0).rank();
  std::vector<int64_t> repeats(Size(rank), 1);
  repeats[Size(NormalizeAxis(c, NumberInput(c, 2), rank))] = NumberInput(c, 1);
  return repeats;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const size_t size = MovableSize(c, x);
  const std::vector<int64_t> repeats = RepeatsOf(c);
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

QUANTAB_REGISTER(ops, tile) { r.Add({.name = "Tile", .compute = Movable<Compute>}); }

}  // namespace quantab
