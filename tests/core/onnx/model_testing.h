// Models made with the official protobuf classes, and ways to read and write them in memory.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/base/byte_io.h"
#include "core/base/error.h"
#include "core/onnx/model.h"

namespace quantab {

inline std::vector<std::byte> BytesOfText(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::shared_ptr<ByteSource> SourceOf(const std::string& text, std::string name = "m.onnx") {
  return std::make_shared<MemorySource>(BytesOfText(text), std::move(name));
}

inline std::string TextOf(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string WriteToString(const Model& model) {
  MemorySink sink;
  WriteModel(model, sink);
  return TextOf(sink.bytes());
}

// Files by name, in memory.
class MemoryFiles final : public FileSet {
 public:
  std::map<std::string, std::string> files;

  std::shared_ptr<ByteSource> Open(const std::string& location) const override {
    const auto file = files.find(location);
    return file == files.end() ? nullptr : SourceOf(file->second, location);
  }
};

// `count` bytes that differ from place to place, and with `seed`.
inline std::string Pattern(size_t count, unsigned seed = 1) {
  std::string text(count, 0);
  uint32_t state = seed * 2654435761u + 1;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

inline onnx::ModelProto EmptyModel(int64_t opset = 21, int64_t ir_version = 10) {
  onnx::ModelProto model;
  model.set_ir_version(ir_version);
  auto* import = model.add_opset_import();
  import->set_domain("");
  import->set_version(opset);
  model.mutable_graph()->set_name("g");
  return model;
}

inline onnx::TensorProto RawTensor(const std::string& name, int dtype, std::vector<int64_t> dims,
                                   const std::string& raw) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(dtype);
  for (const int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(raw);
  return tensor;
}

inline onnx::ValueInfoProto FloatValue(const std::string& name, std::vector<int64_t> dims) {
  onnx::ValueInfoProto info;
  info.set_name(name);
  auto* type = info.mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape();
  for (const int64_t dim : dims) type->mutable_shape()->add_dim()->set_dim_value(dim);
  return info;
}

inline onnx::NodeProto& AddNode(onnx::GraphProto& graph, const std::string& op_type,
                                std::vector<std::string> inputs, std::vector<std::string> outputs,
                                const std::string& name = "") {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op_type);
  if (!name.empty()) node.set_name(name);
  for (std::string& input : inputs) node.add_input(std::move(input));
  for (std::string& output : outputs) node.add_output(std::move(output));
  return node;
}

inline onnx::AttributeProto& AddAttribute(onnx::NodeProto& node, const std::string& name,
                                          onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

// x [1,rows] -> MatMul(w [rows,columns]) -> y, with `w` as raw_data.
inline onnx::ModelProto MatMulModel(int64_t rows = 32, int64_t columns = 16) {
  onnx::ModelProto model = EmptyModel();
  onnx::GraphProto& graph = *model.mutable_graph();
  *graph.add_input() = FloatValue("x", {1, rows});
  *graph.add_output() = FloatValue("y", {1, columns});
  *graph.add_initializer() =
      RawTensor("w", onnx::TensorProto::FLOAT, {rows, columns},
                Pattern(static_cast<size_t>(rows * columns) * sizeof(float)));
  AddNode(graph, "MatMul", {"x", "w"}, {"y"}, "matmul");
  return model;
}

// The error that `body` throws as "Code: message", or "no error".
template <class Body>
std::string ErrorOf(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code())) + ": " + error.message();
  }
  return "no error";
}

}  // namespace quantab
