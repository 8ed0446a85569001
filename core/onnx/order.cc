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

using IsKnown = std::function<bool(std::string_view)>;

[[noreturn]] void FailValue(const Where& where, std::string_view value, const std::string& what) {
  Place place;
  place.tensor = Shorten(value);
  ThrowInvalidModel(where() + ": " + what + " Export the model again.", place);
}

// Walks graphs within graphs and checks each.
class Checker {
 public:
  explicit Checker(Monitor* monitor) : monitor_(monitor) {}

  void Graph(const onnx::GraphProto& graph, const IsKnown& in_outer_scope, const Where& where,
             bool main) {
    CheckCancelled(monitor_);
    const ValueSet inputs = Inputs(graph, where);
    const ValueSet initializers = Initializers(graph, where, main);
    int index = 0;
    for (const auto& node : graph.node()) {
      CheckNotDeclared(
          node, index, [&](std::string_view value) { return inputs.contains(value); }, "an input",
          where);
      CheckNotDeclared(
          node, index, [&](std::string_view value) { return initializers.contains(value); },
          "an initializer", where);
      ++index;
    }
    Nodes(
        graph.node(),
        [&](std::string_view value) {
          return inputs.contains(value) || initializers.contains(value) || in_outer_scope(value);
        },
        where);
    const ValueSet made = MadeIn(graph);
    for (const auto& output : graph.output()) {
      const std::string& name = output.name();
      if (name.empty() || made.contains(name) || in_outer_scope(name)) continue;
      FailValue(where, name, "output '" + Shorten(name) + "' is made by no node.");
    }
  }

  void Nodes(const NodeList& nodes, const IsKnown& is_given, const Where& where) {
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
        Graph(
            graph, in_scope, [&] { return where() + ", in node '" + NodeLabel(node, index) + "'"; },
            false);
      });
      ++index;
    }
  }

 private:
  static ValueSet Inputs(const onnx::GraphProto& graph, const Where& where) {
    ValueSet names;
    for (const auto& input : graph.input()) {
      const std::string& name = input.name();
      if (name.empty() || names.insert(name).second) continue;
      FailValue(where, name, "input '" + Shorten(name) + "' is declared twice.");
    }
    return names;
  }

  ValueSet Initializers(const onnx::GraphProto& graph, const Where& where, bool main) const {
    ValueSet names;
    for (const auto& tensor : graph.initializer()) {
      const std::string& name = tensor.name();
      if (name.empty() || names.insert(name).second) continue;
      if (!main) FailTwice(where, name);
      Warn(monitor_, where() + ": there are several initializers '" + Shorten(name) +
                         "'; the last one is used.");
    }
    for (const auto& tensor : graph.sparse_initializer()) {
      const std::string& name = tensor.values().name();
      if (!name.empty() && !names.insert(name).second) FailTwice(where, name);
    }
    return names;
  }

  [[noreturn]] static void FailTwice(const Where& where, const std::string& name) {
    FailValue(where, name, "there are several initializers '" + Shorten(name) + "'.");
  }

  Monitor* monitor_;
};

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
                            const Where& where) {
  const int count = nodes.size();
  std::unordered_map<std::string_view, int> maker_of;
  for (int i = 0; i < count; ++i) {
    for (const std::string& output : nodes[i].output()) {
      if (output.empty()) continue;
      const auto [entry, fresh] = maker_of.emplace(output, i);
      if (fresh) continue;
      Place place;
      place.node = NodeLabel(nodes[i], i);
      place.tensor = Shorten(output);
      ThrowInvalidModel(where() + ": nodes '" + NodeLabel(nodes[entry->second], entry->second) +
                            "' and '" + place.node + "' both make value '" + place.tensor +
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
      place.tensor = Shorten(value);
      ThrowInvalidModel(where() + ": node '" + place.node + "' reads value '" + place.tensor +
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
    ThrowInvalidModel(where() + ": nodes " + List(labels) +
                          " form a cycle, so none of them can run. Export the model again.",
                      place);
  }
  return order;
}

void CheckNotDeclared(const onnx::NodeProto& node, int index,
                      const std::function<bool(std::string_view)>& declared, const char* kind,
                      const Where& where) {
  for (const std::string& output : node.output()) {
    if (output.empty() || !declared(output)) continue;
    Place place;
    place.node = NodeLabel(node, index);
    place.tensor = Shorten(output);
    ThrowInvalidModel(where() + ": node '" + place.node + "' makes value '" + place.tensor +
                          "', which is already " + kind + ". Export the model again.",
                      place);
  }
}

void CheckOrder(const onnx::ModelProto& model, const std::string& file, Monitor* monitor) {
  const auto nothing = [](std::string_view) { return false; };
  const auto quoted = [&] { return "'" + file + "'"; };
  Checker checker(monitor);
  checker.Graph(model.graph(), nothing, quoted, true);
  for (const auto& function : model.functions()) {
    const ValueSet inputs(function.input().begin(), function.input().end());
    const auto is_input = [&](std::string_view value) { return inputs.contains(value); };
    const auto where = [&] {
      return quoted() + ", in function '" + Shorten(function.name()) + "'";
    };
    for (int i = 0; i < function.node_size(); ++i) {
      CheckNotDeclared(function.node(i), i, is_input, "an input", where);
    }
    checker.Nodes(function.node(), is_input, where);
  }
  for (const auto& training : model.training_info()) {
    // Training graphs read and write the model's own initializers and are never run here.
    const auto anything = [](std::string_view) { return true; };
    const auto where = [&] { return quoted() + ", in training_info"; };
    checker.Graph(training.initialization(), anything, where, false);
    checker.Graph(training.algorithm(), anything, where, false);
  }
}

}  // namespace quantab
