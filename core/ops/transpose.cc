// Transpose (ai.onnx, since 1): dimension d of y is dimension perm[d] of x.
#include "core/kernels/transpose/transpose.h"

#include <algorithm>
#include <numeric>

#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Whether the order of the elements in memory stays: only dimensions of size 1 move.
bool MovesNothing(const Shape& shape, const std::vector<int>& perm) {
  int last = -1;
  for (int axis : perm) {
    if (shape[Size(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  std::vector<int64_t> given(Size(x.rank()));
  std::iota(given.rbegin(), given.rend(), int64_t{0});
  given = c.attributes().Ints("perm", given);
  if (given.size() != Size(x.rank())) {
    c.Invalid("attribute 'perm' has " + std::to_string(given.size()) + " axes, but input 0 has " +
              "shape " + ToString(x.shape()) + ".");
  }
  const std::vector<int> perm = NormalizeAxes(c, given, x.rank());
  Shape shape;
  for (int axis : perm) shape.push_back(x.dim(axis));
  if (x.count() == 0 || MovesNothing(x.shape(), perm)) {
    c.SetOutput(0, x.Reshaped(std::move(shape)));
    return;
  }
  if (Size(x.rank()) > kernels::kMaxTransposeRank) {
    c.Unsupported("rank " + std::to_string(x.rank()) + " exceeds " +
                  std::to_string(kernels::kMaxTransposeRank) + ".");
  }
  const size_t size = MovableSize(c, x);
  const std::vector<size_t> dims(x.shape().begin(), x.shape().end());
  const std::vector<size_t> axes(perm.begin(), perm.end());
  Tensor& y = c.Output(0, x.dtype(), std::move(shape));
  kernels::Transpose(dims.size(), dims.data(), axes.data(), size, x.raw(), y.mutable_raw());
}

}  // namespace

QUANTAB_REGISTER(ops, transpose) { r.Add({.name = "Transpose", .compute = Compute}); }

}  // namespace quantab
