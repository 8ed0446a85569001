// Lets readers of an Identity read its input.
//   before:  x -> Identity -> y -> Op
//   after:   x -> Op
// Needs: y is no output of the graph and no subgraph reads it.
#include "core/lower/lower.h"

namespace quantab {

void EliminateIdentity(LowerGraph& graph) {
  for (int i = 0; i < graph.size(); ++i) {
    if (!graph.Is(i, "Identity")) continue;
    const std::string y = OutputOf(graph.node(i), 0);
    if (graph.IsOutput(y) || graph.IsCaptured(y)) continue;
    const std::string x = InputOf(graph.node(i), 0);
    if (x.empty()) continue;
    graph.Redirect(y, x);
    graph.Remove(i);
  }
}

}  // namespace quantab
