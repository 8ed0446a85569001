#include "core/quant/float16_attributes.h"

#include <string>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/quant/float16_types.h"

namespace quantab {
namespace {

onnx::AttributeProto* MutableAttribute(onnx::NodeProto& node, const std::string& name) {
  for (auto& attribute : *node.mutable_attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

void SetType(onnx::NodeProto& node, const std::string& name, int64_t type) {
  onnx::AttributeProto* attribute = MutableAttribute(node, name);
  if (attribute != nullptr) {
    attribute->set_i(type);
  } else {
    SetIntAttribute(node, name, type);
  }
}

void SetValue(onnx::AttributeProto& attribute, onnx::TensorProto tensor) {
  attribute.Clear();
  attribute.set_name("value");
  attribute.set_type(onnx::AttributeProto::TENSOR);
  *attribute.mutable_t() = std::move(tensor);
}

void MakeConstantHalf(onnx::NodeProto& node, HalfConstants& constants) {
  for (auto& attribute : *node.mutable_attribute()) {
    if (attribute.name() == "value") {
      constants.Convert(*attribute.mutable_t());
    } else if (attribute.name() == "value_float") {
      SetValue(attribute, constants.FromNumbers({attribute.f()}, {}));
    } else if (attribute.name() == "value_floats") {
      const std::vector<float> values(attribute.floats().begin(), attribute.floats().end());
      const auto count = static_cast<int64_t>(values.size());
      SetValue(attribute, constants.FromNumbers(values, {count}));
    }
  }
}

bool MayFollowInput(const std::string& op) {
  return op == "EyeLike" || op == "RandomNormalLike" || op == "RandomUniformLike" ||
         op == "Bernoulli";
}

}  // namespace

void MakeHalf(onnx::NodeProto& node, HalfConstants& constants) {
  constexpr int64_t kHalf = onnx::TensorProto::FLOAT16;
  const std::string& op = node.op_type();
  if (op == "Cast") {
    SetType(node, "to", kHalf);
  } else if (op == "Constant") {
    MakeConstantHalf(node, constants);
  } else if (op == "ConstantOfShape") {
    onnx::AttributeProto* value = MutableAttribute(node, "value");
    if (value != nullptr) {
      constants.Convert(*value->mutable_t());
    } else {
      SetValue(*node.add_attribute(), constants.FromNumbers({0.0f}, {1}));
    }
  } else if (MayFollowInput(op) || op == "RandomNormal" || op == "RandomUniform" ||
             op == "SequenceEmpty") {
    SetType(node, "dtype", kHalf);
  } else if (op.ends_with("Window") || op == "MelWeightMatrix") {
    SetType(node, "output_datatype", kHalf);
  } else if (op == "DequantizeLinear") {
    if (IntAttribute(node, "output_dtype", 0) != 0) SetType(node, "output_dtype", kHalf);
  } else if (op == "Optional") {
    onnx::AttributeProto* type = MutableAttribute(node, "type");
    if (type != nullptr) SetElementType(*type->mutable_tp(), onnx::TensorProto::FLOAT16);
  }
}

void MakeFloat(onnx::NodeProto& node) {
  if (MayFollowInput(node.op_type()) && FindAttribute(node, "dtype") == nullptr) {
    SetIntAttribute(node, "dtype", onnx::TensorProto::FLOAT);
  }
}

}  // namespace quantab
