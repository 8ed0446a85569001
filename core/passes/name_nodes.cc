// Gives nodes names, so that options can name them.
//   before:  Conv ""            Conv "Conv_0"
//   after:   Conv "Conv_1"      Conv "Conv_0"
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

using Names = std::unordered_set<std::string>;

void CollectNodeNames(const onnx::GraphProto& graph, Names& names) {
  for (const auto& node : graph.node()) {
    names.insert(node.name());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNodeNames(inner, names); });
  }
}

bool NameIn(onnx::GraphProto& graph, Names& names, std::unordered_map<std::string, int>& next) {
  bool changed = false;
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    if (node.name().empty()) {
      std::string name;
      do {
        name = node.op_type() + "_" + std::to_string(next[node.op_type()]++);
      } while (!names.insert(name).second);
      node.set_name(name);
      changed = true;
    }
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { changed |= NameIn(inner, names, next); });
  }
  return changed;
}

bool NameNodes(Model& model, const PassContext&) {
  Names names;
  CollectNodeNames(model.proto.graph(), names);
  std::unordered_map<std::string, int> next;
  return NameIn(*model.proto.mutable_graph(), names, next);
}

}  // namespace

QUANTAB_REGISTER(passes, name_nodes) {
  r.Add({.name = "name_nodes", .stage = PassStage::kNormalize, .optional = true, .run = NameNodes});
}

}  // namespace quantab
