// EyeLike (ai.onnx, since 9): a matrix of the input's shape with ones on diagonal k, above the main
// one when positive.
#include <algorithm>
#include <cstring>

#include "core/ops/types.h"
#include "core/tensor/half.h"

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
  const auto fill = [&](auto one) {
    using T = decltype(one);
    Tensor& y = c.Output(0, dtype, {rows, columns});
    if (y.bytes() > 0) std::memset(y.mutable_raw(), 0, y.bytes());
    T* elements = reinterpret_cast<T*>(y.mutable_raw());
    for (int64_t row = 0; row < rows; ++row) {
      if (row + k >= 0 && row + k < columns) elements[row * columns + row + k] = one;
    }
  };
  if (dtype == DType::kFloat16) return fill(FloatToHalf(1));
  if (dtype == DType::kBfloat16) return fill(FloatToBfloat16(1));
  if (!VisitArithmetic(dtype, [&](auto zero) { fill(static_cast<decltype(zero)>(1)); })) {
    c.Unsupported("elements of type '" + std::string(NameOf(dtype)) + "' are not supported.");
  }
}

}  // namespace

QUANTAB_REGISTER(ops, eye_like) { r.Add({.name = "EyeLike", .since = 9, .compute = Compute}); }

}  // namespace quantab
