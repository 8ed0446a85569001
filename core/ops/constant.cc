// Constant (ai.onnx, since 1): the value of its attribute.
#include "core/ops/constant.h"

namespace quantab {

Tensor ConstantValue(const Attributes& attributes) {
  if (attributes.Has("value")) return attributes.TensorValue("value");
  if (attributes.Has("value_float")) {
    return Tensor::Scalar<float>(attributes.Float("value_float", 0));
  }
  if (attributes.Has("value_int")) return Tensor::Scalar<int64_t>(attributes.Int("value_int", 0));
  if (attributes.Has("value_floats")) {
    const std::vector<float> values = attributes.Floats("value_floats");
    return Tensor::From<float>({static_cast<int64_t>(values.size())}, values);
  }
  if (attributes.Has("value_ints")) {
    const std::vector<int64_t> values = attributes.Ints("value_ints");
    return Tensor::From<int64_t>({static_cast<int64_t>(values.size())}, values);
  }
  if (attributes.Has("value_string")) {
    Tensor tensor(DType::kString, {});
    tensor.mutable_strings()[0] = attributes.String("value_string", "");
    return tensor;
  }
  if (attributes.Has("value_strings")) {
    const std::vector<std::string> values = attributes.Strings("value_strings");
    Tensor tensor(DType::kString, {static_cast<int64_t>(values.size())});
    tensor.mutable_strings() = values;
    return tensor;
  }
  if (attributes.Has("sparse_value")) return attributes.TensorValue("sparse_value");
  ThrowInvalidModel("the node has no value.");
}

namespace {

void Compute(OpContext& c) { c.SetOutput(0, ConstantValue(c.attributes())); }

}  // namespace

QUANTAB_REGISTER(ops, constant) { r.Add({.name = "Constant", .compute = Compute}); }

}  // namespace quantab
