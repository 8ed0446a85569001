#include "core/graph/graph_view.h"

#include "core/base/error.h"
#include "core/onnx/order.h"

namespace quantab {
namespace {

template <class Map>
auto FindOrNull(const Map& map, std::string_view name) -> typename Map::mapped_type {
  const auto entry = map.find(name);
  return entry == map.end() ? nullptr : entry->second;
}

std::string GraphLabel(const onnx::GraphProto& graph) {
  return "Graph '" + Shorten(graph.name()) + "'";
}

DType TensorTypeOf(const onnx::ValueInfoProto* info) {
  if (info == nullptr) return DType::kUndefined;
  return static_cast<DType>(info->type().tensor_type().elem_type());
}

}  // namespace

GraphView::GraphView(const onnx::GraphProto& graph, GraphScope scope)
    : graph_(&graph), scope_(scope) {
  for (const auto& tensor : graph.initializer()) initializers_[tensor.name()] = &tensor;
  for (const auto& info : graph.input()) inputs_.emplace(info.name(), &info);
  for (const auto& info : graph.output()) outputs_.emplace(info.name(), &info);
  for (const auto& info : graph.value_info()) value_info_.emplace(info.name(), &info);
  for (const auto& sparse : graph.sparse_initializer()) {
    sparse_initializers_.emplace(sparse.values().name());
  }

  const auto name = [&] { return GraphLabel(graph); };
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    CheckNotDeclared(
        node, i, [&](std::string_view value) { return inputs_.contains(value); }, "an input", name);
    CheckNotDeclared(
        node, i, [&](std::string_view value) { return IsInitialized(value); }, "an initializer",
        name);
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      const auto [entry, fresh] = producer_.emplace(output, i);
      if (fresh) continue;
      Place place;
      place.node = NodeLabel(node, i);
      place.tensor = Shorten(output);
      ThrowInvalidModel(name() + ": nodes '" + NodeLabel(graph.node(entry->second), entry->second) +
                            "' and '" + place.node + "' both make value '" + place.tensor +
                            "'. Export the model again.",
                        place);
    }
    const auto read = [&](std::string_view value) {
      if (value.empty()) return;
      std::vector<int>& readers = consumers_[value];
      if (readers.empty() || readers.back() != i) readers.push_back(i);
    };
    for (const std::string& input : node.input()) read(input);
    for (const std::string_view value : CapturedBy(node)) read(value);
  }
}

int GraphView::Producer(std::string_view value) const {
  const auto entry = producer_.find(value);
  return entry == producer_.end() ? -1 : entry->second;
}

std::span<const int> GraphView::Consumers(std::string_view value) const {
  const auto entry = consumers_.find(value);
  if (entry == consumers_.end()) return {};
  return entry->second;
}

const onnx::TensorProto* GraphView::Initializer(std::string_view name) const {
  return FindOrNull(initializers_, name);
}

const onnx::ValueInfoProto* GraphView::Input(std::string_view name) const {
  return FindOrNull(inputs_, name);
}

const onnx::ValueInfoProto* GraphView::Output(std::string_view name) const {
  return FindOrNull(outputs_, name);
}

bool GraphView::IsInitialized(std::string_view name) const {
  return initializers_.contains(name) || sparse_initializers_.contains(name);
}

std::vector<const onnx::ValueInfoProto*> GraphView::RequiredInputs() const {
  std::vector<const onnx::ValueInfoProto*> required;
  for (const auto& input : graph_->input()) {
    if (!IsInitialized(input.name())) required.push_back(&input);
  }
  return required;
}

DType GraphView::TypeOfValue(std::string_view name) const {
  if (const auto* tensor = Initializer(name)) return TypeOf(*tensor);
  for (const auto* map : {&value_info_, &inputs_, &outputs_}) {
    const DType dtype = TensorTypeOf(FindOrNull(*map, name));
    if (dtype != DType::kUndefined) return dtype;
  }
  return DType::kUndefined;
}

std::vector<int> GraphView::TopologicalOrder() const {
  const auto is_given = [this](std::string_view value) {
    return scope_ == GraphScope::kSubgraph || inputs_.contains(value) || IsInitialized(value);
  };
  return OrderNodes(graph_->node(), is_given, [this] { return GraphLabel(*graph_); });
}

std::vector<std::string> CapturedValues(const onnx::NodeProto& node) {
  const std::vector<std::string_view> captured = CapturedBy(node);
  return {captured.begin(), captured.end()};
}

}  // namespace quantab
