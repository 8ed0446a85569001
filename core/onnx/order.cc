#include "core/onnx/order.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "core/base/error.h"

namespace quantab {
namespace {

using ValueSet = std::unordered_set<std::string_view>;

// Values in order of first use, each once.
class Uses {
 public:
  void Add(std::string_view value) {
    if (!value.empty() && seen_.insert(value).second) list_.push_back(value);
  }
  const std::vector<std::string_view>& list() const { return list_; }

 private:
  ValueSet seen_;
  std::vector<std::string_view> list_;
};

template <class Visit>
void ForEachSubgraph(const onnx::NodeProto& node, const Visit& visit) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) visit(attribute.g());
    for (const onnx::GraphProto& graph : attribute.graphs()) visit(graph);
  }
}

ValueSet MadeIn(const onnx::GraphProto& graph) {
  ValueSet made;
  for (const auto& input : graph.input()) made.insert(input.name());
  for (const auto& tensor : graph.initializer()) made.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) made.insert(tensor.values().name());
  for (const auto& node : graph.node()) {
    for (const std::string& output : node.output()) made.insert(output);
  }
  return made;
}

std::string List(const std::vector<std::string>& labels) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < labels.size() && i < kShown; ++i) {
    text += (i > 0 ? ", '" : "'") + labels[i] + "'";
  }
  if (labels.size() > kShown) text += ", ...";
  return text;
}

// Follows makers back from a node that cannot run until a node repeats: that stretch is a cycle.
std::vector<std::string> CycleLabels(const NodeList& nodes,
                                     const std::vector<std::vector<int>>& makers,
                                     const std::vector<int>& waiting) {
  int at = 0;
  while (waiting[static_cast<size_t>(at)] == 0) ++at;
  std::vector<int> path;
  std::vector<int> position(waiting.size(), -1);
  while (position[static_cast<size_t>(at)] < 0) {
    position[static_cast<size_t>(at)] = static_cast<int>(path.size());
    path.push_back(at);
    for (const int maker : makers[static_cast<size_t>(at)]) {
      if (waiting[static_cast<size_t>(maker)] > 0) {
        at = maker;
        break;
      }
    }
  }
  // Told in the order of the data, from the node that is first in the file.
  std::vector<int> cycle(path.rbegin(), path.rend() - position[static_cast<size_t>(at)]);
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::vector<std::string> labels;
  labels.reserve(cycle.size());
  for (const int node : cycle) labels.push_back(NodeLabel(nodes[node], node));
  return labels;
}

void CheckNodes(const NodeList& nodes, const std::function<bool(std::string_view)>& is_given,
                const std::string& where);

void CheckGraph(const onnx::GraphProto& graph,
                const std::function<bool(std::string_view)>& in_outer_scope,
                const std::string& where) {
  const ValueSet made = MadeIn(graph);
  ValueSet given;
  for (const auto& input : graph.input()) given.insert(input.name());
  for (const auto& tensor : graph.initializer()) given.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) given.insert(tensor.values().name());
  CheckNodes(
      graph.node(),
      [&](std::string_view value) { return given.contains(value) || in_outer_scope(value); },
      where);
  for (const auto& output : graph.output()) {
    if (!output.name().empty() && !made.contains(output.name()) && !in_outer_scope(output.name())) {
      Place place;
      place.tensor = output.name();
      ThrowInvalidModel(
          where + ": output '" + output.name() + "' is made by no node. Export the model again.",
          place);
    }
  }
}

void CheckNodes(const NodeList& nodes, const std::function<bool(std::string_view)>& is_given,
                const std::string& where) {
  OrderNodes(nodes, is_given, where);
  ValueSet made;
  for (const auto& node : nodes) {
    for (const std::string& output : node.output()) made.insert(output);
  }
  const auto in_scope = [&](std::string_view value) {
    return made.contains(value) || is_given(value);
  };
  int index = 0;
  for (const auto& node : nodes) {
    ForEachSubgraph(node, [&](const onnx::GraphProto& graph) {
      CheckGraph(graph, in_scope, where + ", in node '" + NodeLabel(node, index) + "'");
    });
    ++index;
  }
}

}  // namespace

std::vector<std::string_view> FreeValues(const onnx::GraphProto& graph) {
  const ValueSet made = MadeIn(graph);
  Uses uses;
  const auto use = [&](std::string_view value) {
    if (!made.contains(value)) uses.Add(value);
  };
  for (const auto& node : graph.node()) {
    for (const std::string& input : node.input()) use(input);
    for (const std::string_view value : CapturedBy(node)) use(value);
  }
  for (const auto& output : graph.output()) use(output.name());
  return uses.list();
}

std::vector<std::string_view> CapturedBy(const onnx::NodeProto& node) {
  Uses uses;
  ForEachSubgraph(node, [&](const onnx::GraphProto& graph) {
    for (const std::string_view value : FreeValues(graph)) uses.Add(value);
  });
  return uses.list();
}

std::vector<int> OrderNodes(const NodeList& nodes,
                            const std::function<bool(std::string_view)>& is_given,
                            const std::string& where) {
  const int count = nodes.size();
  std::unordered_map<std::string_view, int> maker_of;
  for (int i = 0; i < count; ++i) {
    for (const std::string& output : nodes[i].output()) {
      if (output.empty()) continue;
      const auto [entry, fresh] = maker_of.emplace(output, i);
      if (fresh) continue;
      Place place;
      place.node = NodeLabel(nodes[i], i);
      place.tensor = output;
      ThrowInvalidModel(where + ": nodes '" + NodeLabel(nodes[entry->second], entry->second) +
                            "' and '" + place.node + "' both make value '" + output +
                            "'. Export the model again.",
                        place);
    }
  }

  std::vector<std::vector<int>> makers(static_cast<size_t>(count));
  std::vector<std::vector<int>> readers(static_cast<size_t>(count));
  std::vector<int> waiting(static_cast<size_t>(count), 0);
  for (int i = 0; i < count; ++i) {
    const auto need = [&](std::string_view value) {
      if (value.empty()) return;
      const auto maker = maker_of.find(value);
      if (maker != maker_of.end()) {
        makers[static_cast<size_t>(i)].push_back(maker->second);
        return;
      }
      if (is_given(value)) return;
      Place place;
      place.node = NodeLabel(nodes[i], i);
      place.tensor = value;
      ThrowInvalidModel(where + ": node '" + place.node + "' reads value '" + std::string(value) +
                            "', which nothing makes. Export the model again.",
                        place);
    };
    for (const std::string& input : nodes[i].input()) need(input);
    for (const std::string_view value : CapturedBy(nodes[i])) need(value);
    auto& mine = makers[static_cast<size_t>(i)];
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    waiting[static_cast<size_t>(i)] = static_cast<int>(mine.size());
    for (const int maker : mine) readers[static_cast<size_t>(maker)].push_back(i);
  }

  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < count; ++i) {
    if (waiting[static_cast<size_t>(i)] == 0) ready.push(i);
  }
  std::vector<int> order;
  order.reserve(static_cast<size_t>(count));
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const int reader : readers[static_cast<size_t>(next)]) {
      if (--waiting[static_cast<size_t>(reader)] == 0) ready.push(reader);
    }
  }
  if (order.size() != static_cast<size_t>(count)) {
    const std::vector<std::string> labels = CycleLabels(nodes, makers, waiting);
    Place place;
    place.node = labels.front();
    ThrowInvalidModel(where + ": nodes " + List(labels) +
                          " form a cycle, so none of them can run. Export the model again.",
                      place);
  }
  return order;
}

void CheckOrder(const onnx::ModelProto& model, const std::string& file) {
  const auto nothing = [](std::string_view) { return false; };
  const std::string quoted = "'" + file + "'";
  CheckGraph(model.graph(), nothing, quoted);
  for (const auto& function : model.functions()) {
    const ValueSet inputs(function.input().begin(), function.input().end());
    CheckNodes(
        function.node(), [&](std::string_view value) { return inputs.contains(value); },
        quoted + ", in function '" + function.name() + "'");
  }
  for (const auto& training : model.training_info()) {
    // Training graphs read and write the model's own initializers and are never run here.
    const auto anything = [](std::string_view) { return true; };
    CheckGraph(training.initialization(), anything, quoted + ", in training_info");
    CheckGraph(training.algorithm(), anything, quoted + ", in training_info");
  }
}

}  // namespace quantab
