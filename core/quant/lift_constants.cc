#include "core/quant/lift_constants.h"

#include <string>
#include <unordered_set>

#include "core/graph/graph_edit.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

// Returns what the nodes of `graph`, and with `subgraphs` those inside it, want as initializers.
std::unordered_set<std::string> Lift(onnx::GraphProto& graph, bool subgraphs) {
  std::unordered_set<std::string> wanted;
  for (auto& node : *graph.mutable_node()) {
    const RuleDef* rule = RuleRegistry::Get().Find(node);
    if (node.op_type() == "Gemm" || (rule != nullptr && rule->dynamic != nullptr)) {
      wanted.insert(node.input().begin(), node.input().end());
    }
    if (!subgraphs) continue;
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { wanted.merge(Lift(inner, subgraphs)); });
  }
  int kept = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    const onnx::AttributeProto* value =
        node.op_type() == "Constant" ? FindAttribute(node, "value") : nullptr;
    if (value == nullptr || !value->has_t() || value->t().dims_size() < 2 ||
        TypeOf(value->t()) != DType::kFloat || node.output_size() == 0 ||
        !wanted.contains(node.output(0))) {
      graph.mutable_node()->SwapElements(kept++, i);
      continue;
    }
    onnx::TensorProto* tensor = graph.add_initializer();
    *tensor = value->t();
    tensor->set_name(node.output(0));
  }
  graph.mutable_node()->DeleteSubrange(kept, graph.node_size() - kept);
  return wanted;
}

}  // namespace

void LiftConstants(Model& model, bool subgraphs) { Lift(*model.proto.mutable_graph(), subgraphs); }

}  // namespace quantab
