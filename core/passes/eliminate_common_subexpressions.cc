// Computes and keeps once what is there more than once.
//   before:  x -> Op -> y1 -> A        weights v and w with equal elements
//            x -> Op -> y2 -> B
//   after:   x -> Op -> y1 -> A, B     weight v
// Needs: operators of ai.onnx that are not random and have no graphs inside, with the same
// attributes and inputs in the same graph. Vectors of floats stay apart: they may be biases, which
// are quantized differently from reader to reader.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/passes/aliases.h"
#include "core/passes/pass.h"
#include "core/passes/same_content.h"

namespace quantab {
namespace {

constexpr std::array<std::string_view, 7> kDiffer = {
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
    "Multinomial",  "Bernoulli",        "Dropout"};

bool MayBeCommon(const PatternGraph& pattern, int i) {
  const onnx::NodeProto& node = pattern.node(i);
  if (!pattern.Is(i, node.op_type()) || node.output_size() == 0) return false;
  if (std::find(kDiffer.begin(), kDiffer.end(), node.op_type()) != kDiffer.end()) return false;
  bool has_graphs = false;
  ForEachSubgraph(node, [&](const onnx::GraphProto&) { has_graphs = true; });
  return !has_graphs;
}

// Lengths go before texts, so that no two different lists give the same signature.
void AppendText(std::string& signature, const std::string& text) {
  signature += std::to_string(text.size()) + ":" + text;
}

// Equal for nodes that give the same. `content(value)` names each value by what it holds.
std::string SignatureOf(const onnx::NodeProto& node,
                        const std::function<std::string(const std::string&)>& content) {
  std::string signature;
  AppendText(signature, node.op_type());
  signature += std::to_string(node.input_size()) + "," + std::to_string(node.output_size());
  for (const std::string& input : node.input()) AppendText(signature, content(input));
  for (const std::string& output : node.output()) signature += output.empty() ? '0' : '1';
  std::map<std::string, std::string> attributes;
  for (onnx::AttributeProto attribute : node.attribute()) {
    attribute.clear_doc_string();
    attributes[attribute.name()] = attribute.SerializeAsString();
  }
  for (const auto& [name, value] : attributes) AppendText(signature, value);
  return signature;
}

bool MayMergeAll(const Aliases& aliases, const onnx::NodeProto& node,
                 const onnx::NodeProto& first) {
  for (int k = 0; k < node.output_size(); ++k) {
    if (!node.output(k).empty() && !aliases.May(node.output(k), first.output(k))) return false;
  }
  return true;
}

// Equal weights are read as one, but for vectors of floats.
void MergeInitializers(const onnx::GraphProto& graph, Aliases& aliases,
                       const std::unordered_map<std::string, std::string>& equal) {
  std::unordered_map<std::string, bool> vectors;
  for (const auto& tensor : graph.initializer()) {
    vectors[tensor.name()] = tensor.dims_size() == 1 && IsFloat(TypeOf(tensor));
  }
  for (const auto& [name, first] : equal) {
    if (vectors[name] || !aliases.May(name, first)) continue;
    aliases.Set(name, first);
  }
}

bool EliminateIn(const Model& model, onnx::GraphProto& graph, const PatternGraph& pattern) {
  const auto equal = EqualInitializers(model, graph);
  Aliases aliases(graph);
  const auto content = [&](const std::string& value) {
    const std::string& name = aliases.Resolve(value);
    const auto same = equal.find(name);
    return same == equal.end() ? name : same->second;
  };
  std::unordered_map<std::string, int> seen;
  std::vector<int> gone;
  for (int i = 0; i < pattern.size(); ++i) {
    if (!MayBeCommon(pattern, i)) continue;
    const auto [at, fresh] = seen.emplace(SignatureOf(pattern.node(i), content), i);
    if (fresh) continue;
    const onnx::NodeProto& first = pattern.node(at->second);
    if (!MayMergeAll(aliases, pattern.node(i), first)) continue;
    for (int k = 0; k < first.output_size(); ++k) {
      if (!first.output(k).empty()) aliases.Set(pattern.Output(i, k), first.output(k));
    }
    gone.push_back(i);
  }
  MergeInitializers(graph, aliases, equal);
  for (const int i : gone) graph.mutable_node(i)->Clear();
  if (!gone.empty()) {
    EraseFrom(*graph.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
  }
  return aliases.Apply() || !gone.empty();
}

bool EliminateCommonSubexpressions(Model& model, const PassContext&) {
  return VisitGraphs(model, [&](onnx::GraphProto& graph, const PatternGraph& pattern) {
    return EliminateIn(model, graph, pattern);
  });
}

}  // namespace

QUANTAB_REGISTER(passes, eliminate_common_subexpressions) {
  r.Add({.name = "eliminate_common_subexpressions",
         .stage = PassStage::kNormalize,
         .run = EliminateCommonSubexpressions});
}

}  // namespace quantab
