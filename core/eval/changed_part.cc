#include "core/eval/changed_part.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/graph/graph_view.h"

namespace quantab {
namespace {

std::string FirstOutput(const onnx::NodeProto& node) {
  for (const std::string& output : node.output()) {
    if (!output.empty()) return output;
  }
  return {};
}

// What a node does, whatever it is called.
std::string TextOf(onnx::NodeProto node) {
  node.clear_name();
  node.clear_doc_string();
  return node.SerializeAsString();
}

std::vector<std::string> ReadBy(const onnx::NodeProto& node) {
  std::vector<std::string> values(node.input().begin(), node.input().end());
  const std::vector<std::string> captured = CapturedValues(node);
  values.insert(values.end(), captured.begin(), captured.end());
  std::erase(values, "");
  return values;
}

// Sequences, optionals and maps, which an observer does not see.
std::unordered_set<std::string> OtherThanTensors(const onnx::GraphProto& graph) {
  std::unordered_set<std::string> names;
  for (const auto& info : graph.value_info()) {
    if (info.has_type() && !info.type().has_tensor_type()) names.insert(info.name());
  }
  return names;
}

class PartMaker {
 public:
  PartMaker(const Model& changed, const std::unordered_map<std::string, std::string>& originals)
      : changed_(changed), view_(changed.proto.graph()), originals_(originals) {}

  std::optional<ChangedPart> Make() {
    MarkChanged();
    std::vector<std::string> open;
    for (const auto& output : view_.graph().output()) {
      if (IsChanged(output.name())) open.push_back(output.name());
    }
    if (open.empty()) return std::nullopt;
    const std::vector<std::string> outputs = open;
    Collect(std::move(open));
    return Build(outputs);
  }

 private:
  bool IsChanged(const std::string& value) const {
    const int producer = view_.Producer(value);
    return producer >= 0 && changed_nodes_[static_cast<size_t>(producer)];
  }

  void MarkChanged() {
    const onnx::GraphProto& graph = view_.graph();
    const std::unordered_set<std::string> others = OtherThanTensors(graph);
    changed_nodes_.resize(static_cast<size_t>(graph.node_size()));
    order_ = view_.TopologicalOrder();
    for (const int index : order_) {
      const onnx::NodeProto& node = graph.node(index);
      const auto original = originals_.find(FirstOutput(node));
      const std::vector<std::string> read = ReadBy(node);
      const bool is_tensor =
          std::none_of(node.output().begin(), node.output().end(),
                       [&](const std::string& output) { return others.contains(output); });
      const bool same = is_tensor && original != originals_.end() &&
                        original->second == TextOf(node) &&
                        std::none_of(read.begin(), read.end(),
                                     [&](const std::string& value) { return IsChanged(value); });
      changed_nodes_[static_cast<size_t>(index)] = !same;
    }
  }

  // What leads to the values.
  void Collect(std::vector<std::string> open) {
    needed_.resize(changed_nodes_.size());
    std::unordered_set<std::string> seen;
    while (!open.empty()) {
      const std::string value = std::move(open.back());
      open.pop_back();
      if (!seen.insert(value).second) continue;
      if (IsChanged(value)) {
        const auto producer = static_cast<size_t>(view_.Producer(value));
        if (needed_[producer]) continue;
        needed_[producer] = true;
        const std::vector<std::string> read =
            ReadBy(view_.graph().node(static_cast<int>(producer)));
        open.insert(open.end(), read.begin(), read.end());
      } else if (!view_.IsInitialized(value)) {
        inputs_.push_back(value);
      }
    }
    constants_ = std::move(seen);
  }

  ChangedPart Build(const std::vector<std::string>& outputs) {
    ChangedPart part;
    onnx::ModelProto& proto = part.model.proto;
    const onnx::ModelProto& whole = changed_.proto;
    proto.set_ir_version(whole.ir_version());
    *proto.mutable_opset_import() = whole.opset_import();
    *proto.mutable_functions() = whole.functions();
    onnx::GraphProto& graph = *proto.mutable_graph();
    graph.set_name(whole.graph().name());
    std::sort(inputs_.begin(), inputs_.end());
    for (const std::string& input : inputs_) graph.add_input()->set_name(input);
    for (const std::string& output : outputs) graph.add_output()->set_name(output);
    for (const int index : order_) {
      if (needed_[static_cast<size_t>(index)]) *graph.add_node() = whole.graph().node(index);
    }
    for (const auto& tensor : whole.graph().initializer()) {
      if (constants_.contains(tensor.name())) *graph.add_initializer() = tensor;
    }
    for (const auto& tensor : whole.graph().sparse_initializer()) {
      if (constants_.contains(tensor.values().name())) *graph.add_sparse_initializer() = tensor;
    }
    part.model.weights = changed_.weights;
    CollectWeights(part.model);
    part.inputs = std::move(inputs_);
    return part;
  }

  const Model& changed_;
  const GraphView view_;
  const std::unordered_map<std::string, std::string>& originals_;
  std::vector<int> order_;
  std::vector<bool> changed_nodes_, needed_;
  std::unordered_set<std::string> constants_;  // all values that are met on the way, those too
  std::vector<std::string> inputs_;
};

}  // namespace

ChangeFinder::ChangeFinder(const Model& original) {
  for (const auto& node : original.proto.graph().node()) {
    nodes_[FirstOutput(node)] = TextOf(node);
  }
}

std::optional<ChangedPart> ChangeFinder::Find(const Model& changed) const {
  return PartMaker(changed, nodes_).Make();
}

}  // namespace quantab
