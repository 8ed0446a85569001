// CumSum (ai.onnx, since 11), CumProd (since 26): running sums and products along an axis, from the
// other end with `reverse`, without the element itself with `exclusive`.
#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <bool kProduct>
void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const std::vector<int64_t> given = IntegerInput(c, 1);
  if (given.size() != 1) c.Invalid("input 1 has not one element.");
  const int axis = NormalizeAxis(c, given[0], x.rank());
  const bool exclusive = c.attributes().Int("exclusive", 0) != 0;
  const bool reverse = c.attributes().Int("reverse", 0) != 0;
  const int64_t dim = x.dim(axis);
  const int64_t outer = CountOf(x.shape(), 0, axis);
  const int64_t inner = CountOf(x.shape(), axis + 1, x.rank());
  Tensor& y = c.Output(0, x.dtype(), x.shape());
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        T result{kProduct ? 1 : 0};
        for (int64_t k = 0; k < dim; ++k) {
          const int64_t at = (o * dim + (reverse ? dim - 1 - k : k)) * inner + i;
          const T next = kProduct ? WrapMul(result, from[at]) : WrapAdd(result, from[at]);
          to[at] = exclusive ? result : next;
          result = next;
        }
      }
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, cum_sum) {
  r.Add({.name = "CumSum", .since = 11, .compute = InFloat<Compute<false>>});
  r.Add({.name = "CumProd", .since = 26, .compute = InFloat<Compute<true>>});
}

}  // namespace quantab
