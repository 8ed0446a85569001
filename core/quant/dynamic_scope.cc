#include "core/quant/dynamic_scope.h"

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

void Declare(const onnx::GraphProto& graph, std::unordered_set<std::string>& values) {
  for (const auto& input : graph.input()) values.insert(input.name());
  for (const auto& tensor : graph.initializer()) values.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) values.insert(tensor.values().name());
  for (const auto& node : graph.node()) values.insert(node.output().begin(), node.output().end());
}

void DeclareInside(const onnx::GraphProto& graph, std::unordered_set<std::string>& values) {
  for (const auto& node : graph.node()) {
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) {
      Declare(inner, values);
      DeclareInside(inner, values);
    });
  }
}

DType ElementTypeOf(const onnx::ValueInfoProto& info) {
  return info.type().has_tensor_type() ? static_cast<DType>(info.type().tensor_type().elem_type())
                                       : DType::kUndefined;
}

}  // namespace

DynamicScope::DynamicScope(onnx::GraphProto& graph, const onnx::GraphProto& inferred,
                           DynamicScope* outer)
    : graph(&graph), outer(outer) {
  Declare(graph, values);
  values.erase("");
  DeclareInside(graph, inside);
  for (const auto& info : inferred.value_info()) types[info.name()] = ElementTypeOf(info);
  for (const auto& info : inferred.output()) types[info.name()] = ElementTypeOf(info);
  for (const auto& info : inferred.input()) types[info.name()] = ElementTypeOf(info);
  for (auto& tensor : *graph.mutable_initializer()) constants[tensor.name()] = &tensor;
  for (const auto& input : graph.input()) {
    // The operator gives its body every input; in the main graph a constant may be one as well.
    if (outer != nullptr) constants.erase(input.name());
    if (!constants.contains(input.name())) available.insert(input.name());
  }
}

DType DynamicScope::TypeOfValue(const std::string& value) const {
  if (const auto found = constants.find(value); found != constants.end()) {
    return TypeOf(*found->second);
  }
  const auto found = types.find(value);
  return found == types.end() ? DType::kUndefined : found->second;
}

std::string DynamicScope::FreshValue(const std::string& name) {
  const auto taken = [&](const std::string& candidate) {
    if (inside.contains(candidate)) return true;
    for (const DynamicScope* scope = this; scope != nullptr; scope = scope->outer) {
      if (scope->values.contains(candidate)) return true;
    }
    return false;
  };
  std::string fresh = name;
  for (int i = 1; taken(fresh); ++i) fresh = name + "_" + std::to_string(i);
  values.insert(fresh);
  for (DynamicScope* scope = outer; scope != nullptr; scope = scope->outer) {
    scope->inside.insert(fresh);
  }
  return fresh;
}

onnx::TensorProto& DynamicScope::AddInitializer(onnx::TensorProto tensor) {
  onnx::TensorProto* added = graph->add_initializer();
  *added = std::move(tensor);
  constants[added->name()] = added;
  return *added;
}

onnx::NodeProto& DynamicScope::AddNode(onnx::NodeProto node) {
  available.insert(node.output().begin(), node.output().end());
  return nodes.emplace_back(std::move(node));
}

onnx::NodeProto& DynamicScope::AddNode(const std::string& op_type,
                                       const std::vector<std::string>& inputs,
                                       const std::vector<std::string>& outputs,
                                       const std::string& name, const std::string& domain) {
  onnx::NodeProto node;
  node.mutable_input()->Add(inputs.begin(), inputs.end());
  node.mutable_output()->Add(outputs.begin(), outputs.end());
  if (!name.empty()) node.set_name(name);
  node.set_op_type(op_type);
  if (!domain.empty()) node.set_domain(domain);
  return AddNode(std::move(node));
}

}  // namespace quantab
