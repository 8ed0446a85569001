#include "core/graph/graph_edit.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/graph_view.h"

namespace quantab {
namespace {

DType ElementType(const onnx::ValueInfoProto& info) {
  return info.type().has_tensor_type() ? static_cast<DType>(info.type().tensor_type().elem_type())
                                       : DType::kUndefined;
}

void CollectValues(const onnx::GraphProto& graph, std::unordered_set<std::string>& values) {
  for (const auto& input : graph.input()) values.insert(input.name());
  for (const auto& tensor : graph.initializer()) values.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) values.insert(tensor.values().name());
  for (const auto& node : graph.node()) {
    values.insert(node.output().begin(), node.output().end());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectValues(inner, values); });
  }
}

template <class Node, class Visit>
void VisitSubgraphs(Node& attributes, const Visit& visit) {
  for (auto& attribute : attributes) {
    if (attribute.has_g()) visit(attribute, -1);
    for (int i = 0; i < attribute.graphs_size(); ++i) visit(attribute, i);
  }
}

}  // namespace

GraphEdit::GraphEdit(Model& model) : model_(&model) {
  for (auto& tensor : *graph().mutable_initializer()) initializers_[tensor.name()] = &tensor;
  for (const auto& info : graph().value_info()) types_[info.name()] = ElementType(info);
  for (const auto& info : graph().output()) {
    types_[info.name()] = ElementType(info);
    outputs_.insert(info.name());
  }
  for (const auto& info : graph().input()) {
    types_[info.name()] = ElementType(info);
    inputs_.insert(info.name());
  }
  CollectValues(graph(), values_);
  for (auto& node : *graph().mutable_node()) Index(node);
}

void GraphEdit::Index(onnx::NodeProto& node) {
  order_.emplace(&node, static_cast<int>(order_.size()));
  for (const std::string& input : node.input()) {
    if (!input.empty()) readers_[input].push_back(&node);
  }
  for (const std::string& output : node.output()) {
    if (!output.empty()) producers_[output] = &node;
  }
  for (const std::string& value : CapturedValues(node)) ++captures_[value];
}

DType GraphEdit::TypeOfValue(const std::string& value) const {
  if (const onnx::TensorProto* tensor = Initializer(value)) return TypeOf(*tensor);
  const auto found = types_.find(value);
  return found == types_.end() ? DType::kUndefined : found->second;
}

onnx::TensorProto* GraphEdit::Initializer(const std::string& name) const {
  const auto found = initializers_.find(name);
  return found == initializers_.end() ? nullptr : found->second;
}

onnx::TensorProto& GraphEdit::AddInitializer(onnx::TensorProto tensor) {
  onnx::TensorProto* added = graph().add_initializer();
  *added = std::move(tensor);
  values_.insert(added->name());
  initializers_[added->name()] = added;
  return *added;
}

void GraphEdit::RemoveInitializer(const std::string& name) {
  const auto found = initializers_.find(name);
  if (found == initializers_.end()) return;
  removed_initializers_.insert(found->second);
  initializers_.erase(found);
}

onnx::TensorProto& GraphEdit::AddWeight(const std::string& name, DType type, const Shape& dims,
                                        BlobPtr bytes) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.set_name(name);
  SetBytes(*model_, tensor, std::move(bytes));
  return AddInitializer(std::move(tensor));
}

std::string GraphEdit::FreshValue(const std::string& name) {
  std::string fresh = name;
  for (int i = 1; !values_.insert(fresh).second; ++i) fresh = name + "_" + std::to_string(i);
  return fresh;
}

size_t GraphEdit::CountReaders(const std::string& value) const {
  const auto readers = readers_.find(value);
  const auto captures = captures_.find(value);
  return (readers == readers_.end() ? 0 : readers->second.size()) +
         (captures == captures_.end() ? 0 : captures->second);
}

std::vector<onnx::NodeProto*> GraphEdit::Readers(const std::string& value) const {
  const auto found = readers_.find(value);
  if (found == readers_.end()) return {};
  std::vector<onnx::NodeProto*> readers = found->second;
  std::sort(readers.begin(), readers.end(),
            [&](const auto* a, const auto* b) { return order_.at(a) < order_.at(b); });
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  return readers;
}

onnx::NodeProto* GraphEdit::Producer(const std::string& value) const {
  const auto found = producers_.find(value);
  return found == producers_.end() ? nullptr : found->second;
}

void GraphEdit::SetInput(onnx::NodeProto& node, int index, const std::string& value) {
  std::string& input = *node.mutable_input(index);
  if (!input.empty()) {
    auto& readers = readers_[input];
    readers.erase(std::find(readers.begin(), readers.end(), &node));
  }
  if (!value.empty()) readers_[value].push_back(&node);
  input = value;
}

void GraphEdit::ReplaceInput(onnx::NodeProto& node, std::string value, std::string with) {
  for (int i = 0; i < node.input_size(); ++i) {
    if (node.input(i) == value) SetInput(node, i, with);
  }
}

void GraphEdit::ReplaceInputs(const std::string& value, const std::string& with,
                              const std::unordered_set<const onnx::NodeProto*>& except) {
  for (onnx::NodeProto* node : Readers(value)) {
    if (!except.contains(node)) ReplaceInput(*node, value, with);
  }
}

void GraphEdit::ReplaceOutput(onnx::NodeProto& node, std::string value, std::string with) {
  for (std::string& output : *node.mutable_output()) {
    if (output == value) output = with;
  }
  producers_.erase(value);
  producers_[with] = &node;
  values_.insert(with);
}

onnx::NodeProto& GraphEdit::AddNode(const std::string& op_type,
                                    const std::vector<std::string>& inputs,
                                    const std::vector<std::string>& outputs,
                                    const std::string& name) {
  onnx::NodeProto& node = *graph().add_node();
  node.mutable_input()->Add(inputs.begin(), inputs.end());
  node.mutable_output()->Add(outputs.begin(), outputs.end());
  node.set_name(name);
  node.set_op_type(op_type);
  values_.insert(outputs.begin(), outputs.end());
  Index(node);
  return node;
}

void GraphEdit::Finish() {
  std::unordered_set<std::string> names;
  for (const onnx::TensorProto* tensor : removed_initializers_) names.insert(tensor->name());
  for (const auto& [name, tensor] : initializers_) names.erase(name);
  const auto remove = [](auto& list, const auto& wanted) {
    int kept = 0;
    for (int i = 0; i < list.size(); ++i) {
      if (wanted(list[i])) continue;
      if (kept != i) list.SwapElements(kept, i);
      ++kept;
    }
    list.DeleteSubrange(kept, list.size() - kept);
  };
  remove(*graph().mutable_initializer(),
         [&](const auto& tensor) { return removed_initializers_.contains(&tensor); });
  remove(*graph().mutable_input(), [&](const auto& info) { return names.contains(info.name()); });
  remove(*graph().mutable_node(), [&](const auto& node) { return removed_nodes_.contains(&node); });
  removed_initializers_.clear();
  removed_nodes_.clear();
}

void SetIntAttribute(onnx::NodeProto& node, const std::string& name, int64_t value) {
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

void CopyAttributes(const onnx::NodeProto& from, onnx::NodeProto& to,
                    const std::set<std::string>& without) {
  std::vector<const onnx::AttributeProto*> sorted;
  for (const auto& attribute : from.attribute()) {
    if (!without.contains(attribute.name())) sorted.push_back(&attribute);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->name() < b->name(); });
  for (const auto* attribute : sorted) *to.add_attribute() = *attribute;
}

const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

int64_t IntAttribute(const onnx::NodeProto& node, std::string_view name, int64_t otherwise) {
  const onnx::AttributeProto* attribute = FindAttribute(node, name);
  return attribute == nullptr ? otherwise : attribute->i();
}

float FloatAttribute(const onnx::NodeProto& node, std::string_view name, float otherwise) {
  const onnx::AttributeProto* attribute = FindAttribute(node, name);
  return attribute == nullptr ? otherwise : attribute->f();
}

onnx::TensorProto FloatParameter(const std::string& name, const Shape& dims,
                                 std::span<const float> values) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_float_data()->Add(values.begin(), values.end());
  tensor.set_name(name);
  return tensor;
}

onnx::TensorProto IntParameter(const std::string& name, DType type, const Shape& dims,
                               std::span<const int32_t> values) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.mutable_int32_data()->Add(values.begin(), values.end());
  tensor.set_name(name);
  return tensor;
}

void ForEachSubgraph(onnx::NodeProto& node, const std::function<void(onnx::GraphProto&)>& visit) {
  VisitSubgraphs(*node.mutable_attribute(), [&](onnx::AttributeProto& attribute, int i) {
    visit(i < 0 ? *attribute.mutable_g() : *attribute.mutable_graphs(i));
  });
}

void ForEachSubgraph(const onnx::NodeProto& node,
                     const std::function<void(const onnx::GraphProto&)>& visit) {
  VisitSubgraphs(node.attribute(), [&](const onnx::AttributeProto& attribute, int i) {
    visit(i < 0 ? attribute.g() : attribute.graphs(i));
  });
}

}  // namespace quantab
