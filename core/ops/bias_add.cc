// BiasAdd (com.microsoft): y = x + bias + skip, the bias along the last dimension.
#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const float* in = FloatInput(c, 0);
  const float* bias = FloatInput(c, 1);
  const float* skip = FloatInput(c, 2);
  const Tensor x = c.Input(0);
  const Tensor& added = c.Input(1);
  if (x.rank() == 0 || added.shape() != Shape{x.shape().back()} ||
      c.Input(2).shape() != x.shape()) {
    c.Invalid("inputs 1 and 2 have shapes " + ToString(added.shape()) + " and " +
              ToString(c.Input(2).shape()) + ", which do not fit " + ToString(x.shape()) + ".");
  }
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  const size_t count = Size(x.count()), columns = Size(added.count());
  const size_t rows = columns == 0 ? 0 : count / columns;
  kernels::Binary(kernels::BinaryOp::kAdd, rows, columns, in, columns, 1, bias, 0, 1, y);
  kernels::Binary(kernels::BinaryOp::kAdd, 1, count, y, count, 1, skip, count, 1, y);
}

}  // namespace

QUANTAB_REGISTER(ops, bias_add) {
  r.Add({.name = "BiasAdd",
         .domain = "com.microsoft",
         .in_place = true,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
