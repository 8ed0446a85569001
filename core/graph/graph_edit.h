// Edits of one graph by name: who reads a value, which initializers there are, fresh names. Nodes
// and initializers may be added at any time and are removed at the end, by Finish.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

class GraphEdit {
 public:
  // Edits `model`'s main graph.
  explicit GraphEdit(Model& model);

  Model& model() { return *model_; }
  const Model& model() const { return *model_; }
  onnx::GraphProto& graph() { return *model_->proto.mutable_graph(); }
  const onnx::GraphProto& graph() const { return model_->proto.graph(); }

  // The type of a value, from initializers, inputs, outputs or inferred types as they were at the
  // start. kUndefined when unknown.
  DType TypeOfValue(const std::string& value) const;
  bool IsGraphInput(const std::string& value) const { return inputs_.contains(value); }
  bool IsGraphOutput(const std::string& value) const { return outputs_.contains(value); }

  // nullptr when there is none of that name.
  onnx::TensorProto* Initializer(const std::string& name) const;
  // Adds an initializer. The name must be fresh.
  onnx::TensorProto& AddInitializer(onnx::TensorProto tensor);
  // Hides an initializer from now on; Finish removes it, and a graph input of that name.
  void RemoveInitializer(const std::string& name);
  // Adds an initializer of `dims` whose elements are `bytes`.
  onnx::TensorProto& AddWeight(const std::string& name, DType type, const Shape& dims,
                               BlobPtr bytes);

  // `name`, or with a number appended if a value of that name exists. Either way it is taken now.
  std::string FreshValue(const std::string& name);

  // How often the graph's nodes read `value`; a subgraph that captures it counts once.
  size_t CountReaders(const std::string& value) const;
  // The nodes that read `value` directly, each once, in file order.
  std::vector<onnx::NodeProto*> Readers(const std::string& value) const;
  // The node that makes `value`, or nullptr.
  onnx::NodeProto* Producer(const std::string& value) const;

  void SetInput(onnx::NodeProto& node, int index, const std::string& value);
  // The names by value here and below, as they may be parts of `node`.
  void ReplaceInput(onnx::NodeProto& node, std::string value, std::string with);
  // In every node but those in `except`. Subgraphs keep reading `value`.
  void ReplaceInputs(const std::string& value, const std::string& with,
                     const std::unordered_set<const onnx::NodeProto*>& except = {});
  // Renames what `node`'s outputs make; readers are left alone.
  void ReplaceOutput(onnx::NodeProto& node, std::string value, std::string with);

  // Appends a node.
  onnx::NodeProto& AddNode(const std::string& op_type, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs, const std::string& name);
  void RemoveNode(const onnx::NodeProto& node) { removed_nodes_.insert(&node); }

  // Removes what was to be removed, in place.
  void Finish();

 private:
  void Index(onnx::NodeProto& node);

  Model* model_;
  std::unordered_map<std::string, onnx::TensorProto*> initializers_;
  std::unordered_map<std::string, DType> types_;
  std::unordered_set<std::string> inputs_, outputs_, values_;
  std::unordered_map<std::string, std::vector<onnx::NodeProto*>> readers_;  // by each input
  std::unordered_map<std::string, size_t> captures_;
  std::unordered_map<std::string, onnx::NodeProto*> producers_;
  std::unordered_map<const onnx::NodeProto*, int> order_;
  std::unordered_set<const onnx::NodeProto*> removed_nodes_;
  std::unordered_set<const onnx::TensorProto*> removed_initializers_;
};

// An AttributeProto of an int; attributes of a new node are kept in alphabetical order.
void SetIntAttribute(onnx::NodeProto& node, const std::string& name, int64_t value);
// Copies the attributes of `from`, sorted by name, but for those named in `without`.
void CopyAttributes(const onnx::NodeProto& from, onnx::NodeProto& to,
                    const std::set<std::string>& without = {});
// nullptr when absent.
const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& node, std::string_view name);
int64_t IntAttribute(const onnx::NodeProto& node, std::string_view name, int64_t otherwise);
float FloatAttribute(const onnx::NodeProto& node, std::string_view name, float otherwise);

// Small constants with their elements in the typed fields, as ONNX Runtime writes parameters.
onnx::TensorProto FloatParameter(const std::string& name, const Shape& dims,
                                 std::span<const float> values);
onnx::TensorProto IntParameter(const std::string& name, DType type, const Shape& dims,
                               std::span<const int32_t> values);

// Calls `visit` for all graphs inside a node's attributes, and theirs.
void ForEachSubgraph(onnx::NodeProto& node, const std::function<void(onnx::GraphProto&)>& visit);
void ForEachSubgraph(const onnx::NodeProto& node,
                     const std::function<void(const onnx::GraphProto&)>& visit);

}  // namespace quantab
