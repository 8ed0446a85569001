// An index over one onnx::GraphProto: who makes a value, who reads it, in which order nodes can
// run. It does not own the graph and is stale after an edit: build another.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

// A subgraph may read values of the graphs around it; a main graph has none around it.
enum class GraphScope { kMain, kSubgraph };

class GraphView {
 public:
  // Throws Error(kInvalidModel) when two nodes make the same value, or one makes an input or
  // initializer. Of several initializers of one name the last counts, as in ONNX Runtime.
  explicit GraphView(const onnx::GraphProto& graph, GraphScope scope = GraphScope::kMain);

  const onnx::GraphProto& graph() const { return *graph_; }

  // Index of the node that makes `value`, or -1 (graph input, initializer, outer scope, unknown).
  int Producer(std::string_view value) const;

  // Indices of the nodes that read `value`, ascending, each once; a node whose subgraphs capture
  // the value counts as a reader.
  std::span<const int> Consumers(std::string_view value) const;

  // nullptr when there is none of that name.
  const onnx::TensorProto* Initializer(std::string_view name) const;
  const onnx::ValueInfoProto* Input(std::string_view name) const;
  const onnx::ValueInfoProto* Output(std::string_view name) const;

  // Whether there is an initializer of that name, dense or sparse.
  bool IsInitialized(std::string_view name) const;

  // Inputs a caller has to give: graph inputs that are not initializers.
  std::vector<const onnx::ValueInfoProto*> RequiredInputs() const;

  // The element type of a value, from initializers, value_info, inputs or outputs. kUndefined when
  // unknown.
  DType TypeOfValue(std::string_view name) const;

  // Node indices so that producers come first (stable: file order where it is valid). Throws
  // Error(kInvalidModel) naming the nodes of a cycle, or the value that nobody makes; in a
  // subgraph, values that nobody makes are taken to come from outside.
  std::vector<int> TopologicalOrder() const;

 private:
  const onnx::GraphProto* graph_;
  GraphScope scope_;
  std::unordered_map<std::string_view, int> producer_;
  std::unordered_map<std::string_view, std::vector<int>> consumers_;
  std::unordered_map<std::string_view, const onnx::TensorProto*> initializers_;
  std::unordered_set<std::string_view> sparse_initializers_;
  std::unordered_map<std::string_view, const onnx::ValueInfoProto*> inputs_;
  std::unordered_map<std::string_view, const onnx::ValueInfoProto*> outputs_;
  std::unordered_map<std::string_view, const onnx::ValueInfoProto*> value_info_;
};

// Values that the subgraphs of `node` read from outside themselves.
std::vector<std::string> CapturedValues(const onnx::NodeProto& node);

}  // namespace quantab
