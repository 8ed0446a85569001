#include "core/graph/sort_nodes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"

namespace quantab {

void SortNodes(onnx::GraphProto& graph) {
  std::unordered_set<std::string_view> made;
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, SortNodes);
    made.insert(node.output().begin(), node.output().end());
  }
  const std::vector<int> order = OrderNodes(
      graph.node(), [&](std::string_view value) { return !made.contains(value); },
      [&] { return "Graph '" + graph.name() + "'"; });
  if (std::is_sorted(order.begin(), order.end())) return;
  google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
  for (int i : order) sorted.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&sorted);
}

}  // namespace quantab
