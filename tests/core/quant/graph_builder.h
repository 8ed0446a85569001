// Small float models for the quantizers' tests.
#pragma once

#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

class QuantGraphBuilder {
 public:
  explicit QuantGraphBuilder(int64_t opset = 17) {
    model_.proto.set_ir_version(8);
    model_.proto.mutable_graph()->set_name("g");
    auto* import = model_.proto.add_opset_import();
    import->set_domain("");
    import->set_version(opset);
  }

  QuantGraphBuilder& Input(const std::string& name, const Shape& shape) {
    Describe(*graph().add_input(), name, shape);
    return *this;
  }
  QuantGraphBuilder& Output(const std::string& name, const Shape& shape) {
    Describe(*graph().add_output(), name, shape);
    return *this;
  }

  onnx::NodeProto& Node(const std::string& op_type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& name = "") {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(op_type);
    node.set_name(name);
    node.mutable_input()->Add(inputs.begin(), inputs.end());
    node.mutable_output()->Add(outputs.begin(), outputs.end());
    return node;
  }

  QuantGraphBuilder& Weight(const std::string& name, const Shape& shape,
                            const std::vector<float>& values) {
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.mutable_dims()->Add(shape.begin(), shape.end());
    const auto bytes = std::as_bytes(std::span(values));
    SetBytes(model_, tensor, MakeMemoryBlob({bytes.begin(), bytes.end()}));
    *graph().add_initializer() = std::move(tensor);
    return *this;
  }
  // Normal numbers.
  QuantGraphBuilder& Weight(const std::string& name, const Shape& shape) {
    std::normal_distribution<float> normal(0.0f, 0.5f);
    std::vector<float> values(static_cast<size_t>(ElementCount(shape)));
    for (float& x : values) x = normal(random_);
    return Weight(name, shape, values);
  }
  QuantGraphBuilder& Ints(const std::string& name, const std::vector<int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<int64_t>(values.size()));
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
    return *this;
  }

  onnx::GraphProto& graph() { return *model_.proto.mutable_graph(); }
  const Model& model() const { return model_; }

 private:
  static void Describe(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape) {
    info.set_name(name);
    auto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (int64_t dim : shape) type->mutable_shape()->add_dim()->set_dim_value(dim);
  }

  Model model_;
  std::mt19937 random_{7};
};

inline onnx::AttributeProto& SetIntOf(onnx::NodeProto& node, const std::string& name,
                                      int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
  return attribute;
}

// The node that makes `value`, or nullptr.
inline const onnx::NodeProto* MakerOf(const Model& model, const std::string& value) {
  for (const auto& node : model.proto.graph().node()) {
    for (const auto& output : node.output()) {
      if (output == value) return &node;
    }
  }
  return nullptr;
}

inline const onnx::TensorProto* InitializerOf(const Model& model, const std::string& name) {
  for (const auto& tensor : model.proto.graph().initializer()) {
    if (tensor.name() == name) return &tensor;
  }
  return nullptr;
}

template <class T>
std::vector<T> ElementsOf(const Model& model, const std::string& name) {
  const onnx::TensorProto* tensor = InitializerOf(model, name);
  if (tensor == nullptr) return {};
  const std::vector<std::byte> bytes = LoadBlob(*BytesOf(model, *tensor));
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

inline int CountOf(const Model& model, const std::string& op_type) {
  int count = 0;
  for (const auto& node : model.proto.graph().node()) count += node.op_type() == op_type;
  return count;
}

}  // namespace quantab
