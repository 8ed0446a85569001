#include "core/quant/select.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

// Edit distance without regard to case, or more than `limit`.
size_t Distance(const std::string& a, const std::string& b, size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string Suggestion(const std::string& name, const std::vector<std::string>& candidates) {
  std::string text;
  for (const std::string& near : NearNames(name, candidates)) {
    text += (text.empty() ? " Did you mean '" : "' or '") + near;
  }
  return text.empty() ? text : text + "'?";
}

// N of "#N" or "#N (OpType)".
std::optional<size_t> IndexLabel(const std::string& name) {
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  size_t end = 1;
  size_t index = 0;
  while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) && end < 10) {
    index = index * 10 + static_cast<size_t>(name[end++] - '0');
  }
  if (end == 1 || (end != name.size() && name[end] != ' ')) return std::nullopt;
  return index;
}

std::string FirstOutput(const onnx::NodeProto& node) {
  for (const std::string& output : node.output()) {
    if (!output.empty()) return output;
  }
  return {};
}

// Graphs beside each other may have values of one name.
std::pair<std::string, std::string> NameAndOutput(const onnx::NodeProto& node) {
  return {node.name(), FirstOutput(node)};
}

void CollectNodes(const onnx::GraphProto& graph, std::unordered_set<std::string>& names,
                  std::unordered_set<std::string>& types) {
  for (const auto& node : graph.node()) {
    if (!node.name().empty()) names.insert(node.name());
    types.insert(node.op_type());
    ForEachSubgraph(node,
                    [&](const onnx::GraphProto& inner) { CollectNodes(inner, names, types); });
  }
}

}  // namespace

std::vector<std::string> NearNames(const std::string& name,
                                   const std::vector<std::string>& candidates) {
  const size_t limit = std::max<size_t>(2, name.size() / 3);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const size_t distance = Distance(name, candidate, limit);
    if (distance <= limit) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > 3) near.resize(3);
  std::vector<std::string> result;
  for (auto& [distance, candidate] : near) result.push_back(std::move(candidate));
  return result;
}

NodeSet::NodeSet(const Model& model, const std::string& option,
                 const std::vector<std::string>& given, const std::vector<std::string>& aliases) {
  const onnx::GraphProto& graph = model.proto.graph();
  std::unordered_set<std::string> known;
  std::unordered_set<std::string> types;
  if (!given.empty()) CollectNodes(graph, known, types);
  known.insert(aliases.begin(), aliases.end());
  for (const std::string& name : given) {
    if (known.contains(name)) {
      names_.insert(name);
      continue;
    }
    const std::optional<size_t> index = IndexLabel(name);
    if (index && *index < static_cast<size_t>(graph.node_size())) {
      const onnx::NodeProto& node = graph.node(static_cast<int>(*index));
      const size_t type = name.find(" (");
      if (type == std::string::npos || name.substr(type) == " (" + node.op_type() + ")") {
        Add(node);
        continue;
      }
    }
    Place place;
    place.node = name;
    ThrowInvalidArgument("'" + option + "' names '" + name + "', but no node has that name." +
                             Suggestion(name, std::vector<std::string>(known.begin(), known.end())),
                         place);
  }
}

bool NodeSet::Contains(const onnx::NodeProto& node) const {
  return names_.contains(node.name()) ||
         (!outputs_.empty() && outputs_.contains(FirstOutput(node)));
}

void NodeSet::Add(const onnx::NodeProto& node) { outputs_.insert(FirstOutput(node)); }

Selection::Selection(const Model& model, const StaticOptions& options,
                     const std::vector<std::string>& types, bool needs_rule,
                     const std::vector<std::string>& aliases, Monitor* monitor)
    : quantize_(model, "nodes_to_quantize", options.nodes_to_quantize, aliases),
      exclude_(model, "nodes_to_exclude", options.nodes_to_exclude, aliases) {
  if (options.op_types_to_quantize.empty()) {
    types_.insert(types.begin(), types.end());
    return;
  }
  std::unordered_set<std::string> node_names;
  std::unordered_set<std::string> node_types;
  CollectNodes(model.proto.graph(), node_names, node_types);
  for (const std::string& type : options.op_types_to_quantize) {
    const bool known = std::find(types.begin(), types.end(), type) != types.end();
    if (!known && !node_types.contains(type)) {
      std::vector<std::string> candidates = types;
      candidates.insert(candidates.end(), node_types.begin(), node_types.end());
      std::sort(candidates.begin(), candidates.end());
      candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
      ThrowInvalidArgument("'op_types_to_quantize' names '" + type +
                           "', but neither the model nor the quantizer has that operator." +
                           Suggestion(type, candidates));
    }
    if (!known && needs_rule) {
      Warn(monitor, "Operators of type '" + type +
                        "' stay in float: this kind of quantization has no rule for them.");
    }
    types_.insert(type);
  }
}

bool Selection::Selected(const onnx::NodeProto& node) const {
  const auto origin = origins_.find(NameAndOutput(node));
  const onnx::NodeProto* from = origin == origins_.end() ? nullptr : &origin->second;
  if (!quantize_.empty() && !quantize_.Contains(node) &&
      (from == nullptr || !quantize_.Contains(*from))) {
    return false;
  }
  if (!types_.contains(node.op_type()) && (from == nullptr || !types_.contains(from->op_type()))) {
    return false;
  }
  return node.op_type() != "QuantizeLinear" && node.op_type() != "DequantizeLinear" &&
         !Excluded(node);
}

bool Selection::Excluded(const onnx::NodeProto& node) const { return exclude_.Contains(node); }

void Selection::Exclude(const onnx::GraphProto& graph, const std::vector<std::string>& values) {
  const std::unordered_set<std::string> made(values.begin(), values.end());
  for (const onnx::NodeProto& node : graph.node()) {
    const bool hit = std::any_of(node.output().begin(), node.output().end(),
                                 [&](const std::string& output) { return made.contains(output); });
    if (hit) exclude_.Add(node);
  }
}

void Selection::AddOrigin(const onnx::NodeProto& made, const onnx::NodeProto& origin) {
  onnx::NodeProto known;
  known.set_name(origin.name());
  known.set_op_type(origin.op_type());
  *known.mutable_output() = origin.output();
  origins_[NameAndOutput(made)] = std::move(known);
}

}  // namespace quantab
