#include "core/passes/bypass.h"

#include <vector>

#include "core/passes/aliases.h"

namespace quantab {
namespace {

bool OnlyFirstOutputIsUsed(const PatternGraph& graph, int i) {
  for (int k = 1; k < graph.node(i).output_size(); ++k) {
    const std::string& output = graph.Output(i, k);
    if (!output.empty() && (graph.IsOutput(output) || graph.CountReads(output) > 0)) return false;
  }
  return true;
}

}  // namespace

bool BypassNodes(Model& model, const std::function<int(const PatternGraph&, int)>& same_input) {
  return VisitGraphs(model, [&](onnx::GraphProto& graph, const PatternGraph& pattern) {
    Aliases aliases(graph);
    std::vector<int> gone;
    for (int i = 0; i < pattern.size(); ++i) {
      const int input = same_input(pattern, i);
      if (input == kNoBypass || !OnlyFirstOutputIsUsed(pattern, i)) continue;
      const std::string& value = pattern.Output(i);
      const std::string& same = pattern.Input(i, input);
      if (!aliases.May(value, same)) continue;
      aliases.Set(value, same);
      gone.push_back(i);
    }
    if (gone.empty()) return false;
    for (const int i : gone) graph.mutable_node(i)->Clear();
    EraseFrom(*graph.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
    aliases.Apply();
    return true;
  });
}

}  // namespace quantab
