// Takes out what does not reach an output.
//   before:  x -> Op -> y (nobody reads y), and weights that nobody reads
//   after:   nothing
// Initializers that are inputs of their graph too stay, since callers may name them, and those that
// annotations name.
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"
#include "core/passes/aliases.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

using Names = std::unordered_set<std::string>;

// The names that outputs of the graph depend on, directly or not; which nodes those are in `live`.
Names WantedNames(const onnx::GraphProto& graph, std::vector<bool>& live) {
  std::unordered_map<std::string, int> makers;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) makers[output] = i;
  }
  Names wanted;
  std::vector<std::string> waiting;
  const auto want = [&](std::string_view name) {
    if (!name.empty() && wanted.emplace(name).second) waiting.emplace_back(name);
  };
  for (const auto& output : graph.output()) want(output.name());
  for (const auto& annotation : graph.quantization_annotation()) {
    for (const auto& entry : annotation.quant_parameter_tensor_names()) want(entry.value());
  }
  while (!waiting.empty()) {
    const auto maker = makers.find(waiting.back());
    waiting.pop_back();
    if (maker == makers.end() || live[static_cast<size_t>(maker->second)]) continue;
    live[static_cast<size_t>(maker->second)] = true;
    const onnx::NodeProto& node = graph.node(maker->second);
    for (const std::string& input : node.input()) want(input);
    for (const std::string_view value : CapturedBy(node)) want(value);
  }
  return wanted;
}

bool EliminateIn(onnx::GraphProto& graph) {
  bool changed = false;
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { changed |= EliminateIn(inner); });
  }
  std::vector<bool> live(static_cast<size_t>(graph.node_size()), false);
  Names wanted = WantedNames(graph, live);
  const int nodes = graph.node_size();
  const int weights = graph.initializer_size() + graph.sparse_initializer_size();

  Names known;  // of what stays
  for (const auto& input : graph.input()) known.insert(input.name());
  const auto unread = [&](const std::string& name) {
    return !wanted.contains(name) && !known.contains(name);
  };
  EraseFrom(*graph.mutable_initializer(),
            [&](const auto& tensor) { return unread(tensor.name()); });
  EraseFrom(*graph.mutable_sparse_initializer(),
            [&](const auto& tensor) { return unread(tensor.values().name()); });
  for (int i = 0; i < nodes; ++i) {
    onnx::NodeProto& node = *graph.mutable_node(i);
    if (!live[static_cast<size_t>(i)]) node.Clear();
    known.insert(node.output().begin(), node.output().end());
  }
  EraseFrom(*graph.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
  EraseFrom(*graph.mutable_value_info(),
            [&](const auto& info) { return !known.contains(info.name()); });
  return changed || graph.node_size() != nodes ||
         graph.initializer_size() + graph.sparse_initializer_size() != weights;
}

}  // namespace

QUANTAB_REGISTER(passes, eliminate_dead_nodes) {
  r.Add({.name = "eliminate_dead_nodes",
         .stage = PassStage::kNormalize,
         .run = [](Model& model, const PassContext&) {
           return EliminateIn(*model.proto.mutable_graph());
         }});
}

}  // namespace quantab
