// Puts the nodes of a branch in the place of an If that always takes it.
//   before:  true -> If(then: a -> Op -> r, else: ...) -> y
//   after:   a -> Op -> y
// Needs: a constant condition of one element. Names that are used elsewhere too become fresh ones.
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/passes/aliases.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

using NewNames = std::unordered_map<std::string, std::string>;

// What the graph itself makes, without the graphs inside it.
std::unordered_set<std::string> OwnNames(const onnx::GraphProto& graph) {
  std::unordered_set<std::string> names;
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) names.insert(tensor.values().name());
  for (const auto& node : graph.node()) names.insert(node.output().begin(), node.output().end());
  names.erase("");
  return names;
}

// In how many graphs each name is made.
class MadeNames {
 public:
  explicit MadeNames(const onnx::GraphProto& graph) { Count(graph); }

  bool IsUnique(const std::string& name) const {
    const auto at = counts_.find(name);
    return at != counts_.end() && at->second == 1;
  }

  std::string Fresh(const std::string& hint) {
    std::string name = hint;
    for (int i = 1; !counts_.emplace(name, 1).second; ++i) name = hint + "_" + std::to_string(i);
    return name;
  }

 private:
  void Count(const onnx::GraphProto& graph) {
    for (const std::string& name : OwnNames(graph)) ++counts_[name];
    for (const auto& node : graph.node()) {
      ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { Count(inner); });
    }
  }

  std::unordered_map<std::string, int> counts_;
};

void RenameInNode(onnx::NodeProto& node, const NewNames& names) {
  const auto rename = [&](std::string& name) {
    const auto at = names.find(name);
    if (at != names.end()) name = at->second;
  };
  for (std::string& input : *node.mutable_input()) rename(input);
  for (std::string& output : *node.mutable_output()) rename(output);
  ForEachSubgraph(node, [&](onnx::GraphProto& inner) {
    NewNames visible = names;
    for (const std::string& own : OwnNames(inner)) visible.erase(own);
    if (visible.empty()) return;
    for (onnx::NodeProto& inside : *inner.mutable_node()) RenameInNode(inside, visible);
    for (auto& output : *inner.mutable_output()) {
      const auto at = visible.find(output.name());
      if (at != visible.end()) output.set_name(at->second);
    }
  });
}

class BranchInliner {
 public:
  BranchInliner(onnx::GraphProto& graph, MadeNames& made) : graph_(graph), made_(made) {}

  // The nodes of `branch`, which the If node `call` always takes, for the graph around it; what
  // else the branch has moves there. `branch` is used up.
  std::vector<onnx::NodeProto> Inline(const onnx::NodeProto& call, onnx::GraphProto branch) {
    NewNames names;
    for (const std::string& name : OwnNames(branch)) {
      if (!made_.IsUnique(name)) names[name] = made_.Fresh(name);
    }
    std::vector<onnx::NodeProto> copies = BindOutputs(call, branch, names);
    std::vector<onnx::NodeProto> nodes;
    for (onnx::NodeProto& node : *branch.mutable_node()) {
      RenameInNode(node, names);
      nodes.push_back(std::move(node));
    }
    for (onnx::NodeProto& copy : copies) nodes.push_back(std::move(copy));
    MoveConstants(branch, names);
    return nodes;
  }

 private:
  // Names outputs of the branch as the call does; where that cannot be, there is a copy.
  std::vector<onnx::NodeProto> BindOutputs(const onnx::NodeProto& call,
                                           const onnx::GraphProto& branch, NewNames& names) {
    std::unordered_set<std::string> made;
    for (const auto& node : branch.node()) made.insert(node.output().begin(), node.output().end());
    std::vector<onnx::NodeProto> copies;
    for (int k = 0; k < call.output_size(); ++k) {
      const std::string& wanted = call.output(k);
      const std::string& given = branch.output(k).name();
      if (wanted.empty()) continue;
      if (made.erase(given) > 0 && made_.IsUnique(wanted)) {
        names[given] = wanted;
        continue;
      }
      const auto renamed = names.find(given);
      copies.push_back(
          PatternNode("Identity", "", {renamed == names.end() ? given : renamed->second}, wanted));
    }
    return copies;
  }

  void MoveConstants(onnx::GraphProto& branch, const NewNames& names) {
    const auto now = [&](const std::string& name) {
      const auto at = names.find(name);
      return at == names.end() ? name : at->second;
    };
    for (auto& tensor : *branch.mutable_initializer()) {
      tensor.set_name(now(tensor.name()));
      *graph_.add_initializer() = std::move(tensor);
    }
    for (auto& sparse : *branch.mutable_sparse_initializer()) {
      sparse.mutable_values()->set_name(now(sparse.values().name()));
      *graph_.add_sparse_initializer() = std::move(sparse);
    }
    std::unordered_set<std::string> declared;
    for (const auto& info : graph_.value_info()) declared.insert(info.name());
    for (const auto& info : graph_.output()) declared.insert(info.name());
    for (auto& info : *branch.mutable_value_info()) {
      info.set_name(now(info.name()));
      if (declared.insert(info.name()).second) *graph_.add_value_info() = std::move(info);
    }
  }

  onnx::GraphProto& graph_;
  MadeNames& made_;
};

// The branch that If node `i` always takes, or nullptr.
const onnx::GraphProto* BranchTaken(const PatternGraph& pattern, int i) {
  if (!pattern.Is(i, "If")) return nullptr;
  const auto condition = pattern.Numbers(pattern.Input(i, 0), 1);
  if (!condition || condition->size() != 1) return nullptr;
  const onnx::AttributeProto* branch =
      FindAttribute(pattern.node(i), (*condition)[0] != 0 ? "then_branch" : "else_branch");
  if (branch == nullptr || !branch->has_g() || branch->g().input_size() > 0) return nullptr;
  return branch->g().output_size() < pattern.node(i).output_size() ? nullptr : &branch->g();
}

bool InlineIn(onnx::GraphProto& graph, const PatternGraph& pattern, MadeNames& made) {
  std::unordered_map<int, onnx::GraphProto> taken;
  for (int i = 0; i < pattern.size(); ++i) {
    if (const onnx::GraphProto* branch = BranchTaken(pattern, i)) taken[i] = *branch;
  }
  if (taken.empty()) return false;
  BranchInliner inliner(graph, made);
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  for (int i = 0; i < graph.node_size(); ++i) {
    const auto branch = taken.find(i);
    if (branch == taken.end()) {
      nodes.Add()->Swap(graph.mutable_node(i));
      continue;
    }
    for (onnx::NodeProto& node : inliner.Inline(graph.node(i), std::move(branch->second))) {
      *nodes.Add() = std::move(node);
    }
  }
  graph.mutable_node()->Swap(&nodes);
  return true;
}

// Before, graphs inside graphs had no constants of their own.
constexpr int64_t kFirstWithFreeInitializers = 4;

bool InlineConstantIfs(Model& model, const PassContext&) {
  if (model.proto.ir_version() < kFirstWithFreeInitializers) return false;
  std::optional<MadeNames> made;
  return VisitGraphs(model, [&](onnx::GraphProto& graph, const PatternGraph& pattern) {
    if (!made) made.emplace(model.proto.graph());
    return InlineIn(graph, pattern, *made);
  });
}

}  // namespace

QUANTAB_REGISTER(passes, inline_constant_if) {
  r.Add({.name = "inline_constant_if", .stage = PassStage::kFold, .run = InlineConstantIfs});
}

}  // namespace quantab
