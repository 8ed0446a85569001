#include "core/graph/name_nodes.h"

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

using NameSet = std::unordered_set<std::string>;

void CollectNames(const onnx::GraphProto& graph, NameSet& names) {
  for (const auto& node : graph.node()) {
    names.insert(node.name());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNames(inner, names); });
  }
}

bool NameIn(onnx::GraphProto& graph, NameSet& names, std::unordered_map<std::string, int>& next) {
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

}  // namespace

bool NameUnnamedNodes(onnx::GraphProto& graph) {
  NameSet names;
  CollectNames(graph, names);
  std::unordered_map<std::string, int> next;
  return NameIn(graph, names, next);
}

}  // namespace quantab
