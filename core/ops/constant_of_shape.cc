// ConstantOfShape (ai.onnx, since 9): a tensor of the given shape, every element the value.
#include <cstring>

#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

void FillPacked(const Tensor& value, Tensor& y) {
  const int bits = BitsOf(y.dtype());
  const uint8_t code = PackedElement(reinterpret_cast<const uint8_t*>(value.raw()), bits, 0);
  auto* packed = reinterpret_cast<uint8_t*>(y.mutable_raw());
  if (y.bytes() > 0) std::memset(packed, 0, y.bytes());
  const size_t count = static_cast<size_t>(y.count());
  for (size_t i = 0; i < count; ++i) SetPackedElement(packed, bits, i, code);
}

void Compute(OpContext& c) {
  const Tensor given = c.attributes().TensorValue("value");
  const Tensor value = given.exists() ? given : Tensor::Scalar<float>(0);
  if (value.count() != 1) {
    c.Invalid("attribute 'value' has " + std::to_string(value.count()) +
              " elements, expected one.");
  }
  if (value.dtype() == DType::kString) MovableSize(c, value);
  Tensor& y = c.Output(0, value.dtype(), IntegerInput(c, 0));
  if (IsPacked(value.dtype())) return FillPacked(value, y);
  const size_t size = MovableSize(c, value);
  FillElements(y.mutable_raw(), y.count(), size, value.raw());
}

}  // namespace

QUANTAB_REGISTER(ops, constant_of_shape) {
  r.Add({.name = "ConstantOfShape", .since = 9, .compute = Compute});
}

}  // namespace quantab
