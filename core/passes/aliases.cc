#include "core/passes/aliases.h"

#include <algorithm>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

using Names = std::unordered_set<std::string>;
using Visit = std::function<bool(onnx::GraphProto&, const PatternGraph&)>;

bool HasGraphs(const onnx::NodeProto& node) {
  bool any = false;
  ForEachSubgraph(node, [&](const onnx::GraphProto&) { any = true; });
  return any;
}

bool VisitFrom(Model& model, onnx::GraphProto& graph, const PatternGraph* outer, Names& names,
               const Visit& visit) {
  bool changed = false;
  {
    const PatternGraph pattern(model, graph, outer, names);
    changed = visit(graph, pattern);
  }
  if (std::none_of(graph.node().begin(), graph.node().end(), HasGraphs)) return changed;
  const PatternGraph around(model, graph, outer, names);
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) {
      changed |= VisitFrom(model, inner, &around, names, visit);
    });
  }
  return changed;
}

void CollectDeclared(const onnx::GraphProto& graph, Names& names) {
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) names.insert(tensor.values().name());
  for (const auto& node : graph.node()) {
    names.insert(node.output().begin(), node.output().end());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectDeclared(inner, names); });
  }
}

}  // namespace

bool VisitGraphs(Model& model, const Visit& visit) {
  Names names;
  return VisitFrom(model, *model.proto.mutable_graph(), nullptr, names, visit);
}

Aliases::Aliases(onnx::GraphProto& graph) : graph_(graph) {
  for (const auto& output : graph.output()) outputs_.insert(output.name());
  for (const auto& node : graph.node()) {
    made_.insert(node.output().begin(), node.output().end());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectDeclared(inner, inner_); });
  }
}

const std::string& Aliases::Resolve(const std::string& value) const {
  const std::string* at = &value;
  for (size_t hops = 0; hops <= reads_.size(); ++hops) {
    const auto found = reads_.find(*at);
    if (found == reads_.end()) break;
    at = &found->second;
  }
  return *at;
}

bool Aliases::May(const std::string& value, const std::string& same) const {
  const std::string& target = Resolve(same);
  if (value.empty() || target.empty() || value == target || reads_.contains(value)) return false;
  if (inner_.contains(value) || inner_.contains(target)) return false;
  return !outputs_.contains(value) || (made_.contains(target) && !outputs_.contains(target));
}

void Aliases::Set(const std::string& value, const std::string& same) {
  const std::string target = Resolve(same);
  if (outputs_.contains(value)) {
    reads_[target] = value;
  } else {
    reads_[value] = target;
  }
}

bool Aliases::RenameIn(onnx::GraphProto& graph) {
  bool changed = false;
  const auto rename = [&](std::string& name) {
    const std::string& now = Resolve(name);
    if (&now == &name) return;
    name = std::string(now);
    changed = true;
  };
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (std::string& input : *node.mutable_input()) rename(input);
    for (std::string& output : *node.mutable_output()) rename(output);
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) {
      changed |= RenameIn(inner);
      for (auto& output : *inner.mutable_output()) rename(*output.mutable_name());
    });
  }
  return changed;
}

bool Aliases::Apply() {
  if (reads_.empty()) return false;
  EraseFrom(*graph_.mutable_value_info(),
            [&](const auto& info) { return reads_.contains(info.name()); });
  return RenameIn(graph_);
}

}  // namespace quantab
