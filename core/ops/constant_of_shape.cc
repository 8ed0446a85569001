// ConstantOfShape (ai.onnx, since 9): a tensor of the given shape, every element the value.
#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor given = c.attributes().TensorValue("value");
  const Tensor value = given.exists() ? given : Tensor::Scalar<float>(0);
  if (value.count() != 1) {
    c.Invalid("attribute 'value' has " + std::to_string(value.count()) +
              " elements, expected one.");
  }
  const size_t size = MovableSize(c, value);
  Tensor& y = c.Output(0, value.dtype(), IntegerInput(c, 0));
  FillElements(y.mutable_raw(), y.count(), size, value.raw());
}

}  // namespace

QUANTAB_REGISTER(ops, constant_of_shape) {
  r.Add({.name = "ConstantOfShape", .since = 9, .compute = Compute});
}

}  // namespace quantab
