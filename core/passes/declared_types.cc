#include "core/passes/declared_types.h"

#include <unordered_set>

#include "core/graph/graph_edit.h"
#include "core/passes/aliases.h"

namespace quantab {
namespace {

using Types = std::unordered_map<std::string, onnx::TypeProto>;

void CollectTypes(const onnx::GraphProto& graph, Types& types) {
  for (const auto& info : graph.value_info()) types.emplace(info.name(), info.type());
  for (const auto& node : graph.node()) {
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectTypes(inner, types); });
  }
}

void ForgetShape(onnx::ValueInfoProto& info) {
  if (info.type().has_tensor_type()) info.mutable_type()->mutable_tensor_type()->clear_shape();
}

void ForgetIn(onnx::GraphProto& graph) {
  std::unordered_set<std::string> inferable;
  for (auto& node : *graph.mutable_node()) {
    if (CanonicalDomain(node.domain()).empty()) {
      inferable.insert(node.output().begin(), node.output().end());
    }
    ForEachSubgraph(node, ForgetIn);
  }
  for (auto& info : *graph.mutable_value_info()) {
    if (inferable.contains(info.name())) ForgetShape(info);
  }
}

// `inferred`, with what it leaves open as `declared` says.
void Complete(onnx::TypeProto& inferred, const onnx::TypeProto& declared) {
  if (!declared.has_tensor_type() || !inferred.has_tensor_type()) {
    if (inferred.value_case() == onnx::TypeProto::VALUE_NOT_SET) inferred = declared;
    return;
  }
  auto& tensor = *inferred.mutable_tensor_type();
  const auto& known = declared.tensor_type();
  if (tensor.elem_type() == 0) tensor.set_elem_type(known.elem_type());
  if (!known.has_shape()) return;
  if (!tensor.has_shape()) {
    *tensor.mutable_shape() = known.shape();
    return;
  }
  if (tensor.shape().dim_size() != known.shape().dim_size()) return;
  for (int i = 0; i < known.shape().dim_size(); ++i) {
    auto& dim = *tensor.mutable_shape()->mutable_dim(i);
    if (!dim.has_dim_value()) dim = known.shape().dim(i);
  }
}

void RestoreIn(onnx::GraphProto& graph, const Types& types, bool keep_inferred) {
  if (!keep_inferred) {
    EraseFrom(*graph.mutable_value_info(),
              [&](const auto& info) { return !types.contains(info.name()); });
  }
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { RestoreIn(inner, types, false); });
  }
}

}  // namespace

DeclaredTypes::DeclaredTypes(const onnx::ModelProto& proto) {
  CollectTypes(proto.graph(), values_);
  for (const auto& output : proto.graph().output()) outputs_.emplace(output.name(), output.type());
}

void DeclaredTypes::Forget(onnx::ModelProto& proto) const {
  ForgetIn(*proto.mutable_graph());
  for (auto& output : *proto.mutable_graph()->mutable_output()) ForgetShape(output);
}

void DeclaredTypes::Restore(onnx::ModelProto& proto, bool keep_inferred) const {
  onnx::GraphProto& graph = *proto.mutable_graph();
  RestoreIn(graph, values_, keep_inferred);
  for (auto& info : *graph.mutable_value_info()) {
    const auto declared = values_.find(info.name());
    if (declared != values_.end()) Complete(*info.mutable_type(), declared->second);
  }
  for (auto& output : *graph.mutable_output()) {
    const auto declared = outputs_.find(output.name());
    if (declared != outputs_.end()) Complete(*output.mutable_type(), declared->second);
  }
}

}  // namespace quantab
