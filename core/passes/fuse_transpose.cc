// Makes one of two transpositions.
//   before:  Transpose -> Transpose -> y
//   after:   Transpose -> y, or Identity -> y when they undo each other
// Needs: nobody else reads between them, unless they undo each other.
#include <algorithm>
#include <numeric>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

using Perm = std::vector<int64_t>;

bool IsPermutation(const Perm& perm) {
  Perm sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

// The permutation of `node`; without one, it reverses `rank` dimensions.
Perm PermOf(const onnx::NodeProto& node, size_t rank) {
  if (auto perm = IntsAttribute(node, "perm")) return *perm;
  Perm reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return reversed;
}

bool Fuse(PatternGraph& graph, int second) {
  if (!graph.Is(second, "Transpose")) return false;
  const int first = graph.Producer(graph.Input(second, 0));
  if (!graph.Is(first, "Transpose")) return false;
  const auto length = [&](int i) {
    return IntsAttribute(graph.node(i), "perm").value_or(Perm{}).size();
  };
  const size_t rank = std::max(length(first), length(second));
  const Perm inner = PermOf(graph.node(first), rank);
  const Perm outer = PermOf(graph.node(second), rank);
  if (inner.size() != outer.size() || !IsPermutation(inner) || !IsPermutation(outer)) return false;
  Perm perm;
  for (const int64_t axis : outer) perm.push_back(inner[static_cast<size_t>(axis)]);
  const bool undone = std::is_sorted(perm.begin(), perm.end());
  const bool only_reader = graph.OnlyReaderOf(first) == second;
  if (!undone && !only_reader) return false;
  onnx::NodeProto node = PatternNode(undone ? "Identity" : "Transpose", graph.node(second).name(),
                                     {graph.Input(first, 0)}, graph.Output(second));
  if (!undone) PutInts(node, "perm", perm);
  graph.Replace(second, std::move(node));
  if (only_reader) graph.Remove(first);
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_transpose) {
  r.Add({.name = "fuse_transpose",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
