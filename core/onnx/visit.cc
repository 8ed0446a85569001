// Walks all tensors of a model, and answers small questions about its parts.
#include <string>

#include "core/base/error.h"
#include "core/onnx/model.h"

namespace quantab {
namespace {

// The templates take const and mutable messages, so that the two walks are one.
template <class Graph, class Visit>
void VisitGraph(Graph& graph, const Visit& visit);

template <class Sparse, class Visit>
void VisitSparse(Sparse& sparse, const Visit& visit);

template <class Attribute, class Visit>
void VisitAttribute(Attribute& attribute, const Visit& visit) {
  if constexpr (std::is_const_v<Attribute>) {
    if (attribute.has_t()) visit(attribute.t());
    for (const auto& tensor : attribute.tensors()) visit(tensor);
    if (attribute.has_g()) VisitGraph(attribute.g(), visit);
    for (const auto& graph : attribute.graphs()) VisitGraph(graph, visit);
    if (attribute.has_sparse_tensor()) VisitSparse(attribute.sparse_tensor(), visit);
    for (const auto& sparse : attribute.sparse_tensors()) VisitSparse(sparse, visit);
  } else {
    if (attribute.has_t()) visit(*attribute.mutable_t());
    for (auto& tensor : *attribute.mutable_tensors()) visit(tensor);
    if (attribute.has_g()) VisitGraph(*attribute.mutable_g(), visit);
    for (auto& graph : *attribute.mutable_graphs()) VisitGraph(graph, visit);
    if (attribute.has_sparse_tensor()) VisitSparse(*attribute.mutable_sparse_tensor(), visit);
    for (auto& sparse : *attribute.mutable_sparse_tensors()) VisitSparse(sparse, visit);
  }
}

template <class Sparse, class Visit>
void VisitSparse(Sparse& sparse, const Visit& visit) {
  if constexpr (std::is_const_v<Sparse>) {
    if (sparse.has_values()) visit(sparse.values());
    if (sparse.has_indices()) visit(sparse.indices());
  } else {
    if (sparse.has_values()) visit(*sparse.mutable_values());
    if (sparse.has_indices()) visit(*sparse.mutable_indices());
  }
}

template <class Node, class Visit>
void VisitNode(Node& node, const Visit& visit) {
  if constexpr (std::is_const_v<Node>) {
    for (const auto& attribute : node.attribute()) VisitAttribute(attribute, visit);
  } else {
    for (auto& attribute : *node.mutable_attribute()) VisitAttribute(attribute, visit);
  }
}

template <class Graph, class Visit>
void VisitGraph(Graph& graph, const Visit& visit) {
  if constexpr (std::is_const_v<Graph>) {
    for (const auto& node : graph.node()) VisitNode(node, visit);
    for (const auto& tensor : graph.initializer()) visit(tensor);
    for (const auto& sparse : graph.sparse_initializer()) VisitSparse(sparse, visit);
  } else {
    for (auto& node : *graph.mutable_node()) VisitNode(node, visit);
    for (auto& tensor : *graph.mutable_initializer()) visit(tensor);
    for (auto& sparse : *graph.mutable_sparse_initializer()) VisitSparse(sparse, visit);
  }
}

}  // namespace

void ForEachTensor(onnx::ModelProto& model, const std::function<void(onnx::TensorProto&)>& visit) {
  if (model.has_graph()) VisitGraph(*model.mutable_graph(), visit);
  for (auto& training : *model.mutable_training_info()) {
    if (training.has_initialization()) VisitGraph(*training.mutable_initialization(), visit);
    if (training.has_algorithm()) VisitGraph(*training.mutable_algorithm(), visit);
  }
  for (auto& function : *model.mutable_functions()) {
    for (auto& node : *function.mutable_node()) VisitNode(node, visit);
    for (auto& attribute : *function.mutable_attribute_proto()) VisitAttribute(attribute, visit);
  }
}

void ForEachTensor(const onnx::ModelProto& model,
                   const std::function<void(const onnx::TensorProto&)>& visit) {
  if (model.has_graph()) VisitGraph(model.graph(), visit);
  for (const auto& training : model.training_info()) {
    if (training.has_initialization()) VisitGraph(training.initialization(), visit);
    if (training.has_algorithm()) VisitGraph(training.algorithm(), visit);
  }
  for (const auto& function : model.functions()) {
    for (const auto& node : function.node()) VisitNode(node, visit);
    for (const auto& attribute : function.attribute_proto()) VisitAttribute(attribute, visit);
  }
}

std::string CanonicalDomain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

int64_t OpsetVersion(const onnx::ModelProto& model, const std::string& domain) {
  for (const auto& opset : model.opset_import()) {
    if (CanonicalDomain(opset.domain()) == CanonicalDomain(domain)) return opset.version();
  }
  return 0;
}

std::string NodeLabel(const onnx::NodeProto& node, int index) {
  if (!node.name().empty()) return Shorten(node.name());
  return "#" + std::to_string(index) + " (" + Shorten(node.op_type()) + ")";
}

}  // namespace quantab
