#include "core/quant/lift_constants.h"

#include <string>
#include <unordered_set>

#include "core/graph/graph_edit.h"
#include "core/quant/rule.h"

namespace quantab {

void LiftConstants(Model& model) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  std::unordered_set<std::string> wanted;
  for (const auto& node : graph.node()) {
    const RuleDef* rule = RuleRegistry::Get().Find(node);
    if (node.op_type() == "Gemm" || (rule != nullptr && rule->dynamic != nullptr)) {
      wanted.insert(node.input().begin(), node.input().end());
    }
  }
  int kept = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    const onnx::AttributeProto* value =
        node.op_type() == "Constant" ? FindAttribute(node, "value") : nullptr;
    if (value == nullptr || !value->has_t() || value->t().dims_size() < 2 ||
        TypeOf(value->t()) != DType::kFloat || !wanted.contains(node.output(0))) {
      graph.mutable_node()->SwapElements(kept++, i);
      continue;
    }
    onnx::TensorProto* tensor = graph.add_initializer();
    *tensor = value->t();
    tensor->set_name(node.output(0));
  }
  graph.mutable_node()->DeleteSubrange(kept, graph.node_size() - kept);
}

}  // namespace quantab
