// NonZero (ai.onnx, since 9): positions of the elements that are not zero, a column each, in
// row-major order.
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  std::vector<int64_t> found;
  const bool known = VisitArithmetic(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* data = x.data<T>();
    for (int64_t i = 0; i < x.count(); ++i) {
      if (data[i] != T{0}) found.push_back(i);
    }
  });
  if (!known) UnsupportedInputType(c, 0);
  const std::vector<int64_t> strides = StridesOf(x.shape());
  const int64_t columns = static_cast<int64_t>(found.size());
  int64_t* y = c.Output(0, DType::kInt64, {x.rank(), columns}).mutable_data<int64_t>();
  for (int d = 0; d < x.rank(); ++d) {
    for (int64_t i : found) *y++ = i / strides[Size(d)] % x.dim(d);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, non_zero) {
  r.Add({.name = "NonZero", .since = 9, .compute = InFloat<Compute>});
}

}  // namespace quantab
