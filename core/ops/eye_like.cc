// EyeLike (ai.onnx, since 9): a matrix of the input's shape with ones on diagonal k, above the main
// one when positive.
#include <algorithm>
#include <cstring>

#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.rank() != 2) c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 2.");
  const DType dtype =
      static_cast<DType>(c.attributes().Int("dtype", static_cast<int64_t>(x.dtype())));
  const int64_t rows = x.dim(0);
  const int64_t columns = x.dim(1);
  // A diagonal farther out than the matrix is like the farthest.
  const int64_t k = std::clamp(c.attributes().Int("k", 0), -rows, columns);
  const bool known = VisitArithmetic(dtype, [&](auto zero) {
    using T = decltype(zero);
    Tensor& y = c.Output(0, dtype, {rows, columns});
    if (y.bytes() > 0) std::memset(y.mutable_raw(), 0, y.bytes());
    for (int64_t row = 0; row < rows; ++row) {
      if (row + k >= 0 && row + k < columns) y.mutable_data<T>()[row * columns + row + k] = T{1};
    }
  });
  if (!known) {
    c.Unsupported("elements of type '" + std::string(NameOf(dtype)) + "' are not supported.");
  }
}

}  // namespace

QUANTAB_REGISTER(ops, eye_like) { r.Add({.name = "EyeLike", .since = 9, .compute = Compute}); }

}  // namespace quantab
