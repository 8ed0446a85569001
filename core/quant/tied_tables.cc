#include "core/quant/tied_tables.h"

#include "core/graph/graph_edit.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

struct Tables {
  std::unordered_set<std::string> matrices, looked_up;
};

void CollectTables(const onnx::GraphProto& graph, const Selection& selection, bool subgraphs,
                   Tables& tables) {
  for (const auto& tensor : graph.initializer()) {
    if (TypeOf(tensor) == DType::kFloat && tensor.dims_size() == 2) {
      tables.matrices.insert(tensor.name());
    }
  }
  for (const auto& node : graph.node()) {
    if (node.op_type() == "Gather" && node.input_size() > 0 && selection.Selected(node) &&
        RuleRegistry::Get().Find(node) != nullptr) {
      tables.looked_up.insert(node.input(0));
    }
    if (!subgraphs) continue;
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) {
      CollectTables(inner, selection, subgraphs, tables);
    });
  }
}

}  // namespace

std::unordered_set<std::string> TiedTables(const onnx::GraphProto& graph,
                                           const Selection& selection, bool subgraphs) {
  Tables tables;
  CollectTables(graph, selection, subgraphs, tables);
  std::unordered_set<std::string> tied;
  for (const std::string& name : tables.looked_up) {
    if (tables.matrices.contains(name)) tied.insert(name);
  }
  return tied;
}

}  // namespace quantab
