// Leaves out a Squeeze and an Unsqueeze that undo each other.
//   before:  Squeeze(axes) -> Unsqueeze(axes) -> y, or the other way round
//   after:   Identity -> y
// Needs: the same constant axes, written the same way.
#include <algorithm>

#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

std::optional<std::vector<int64_t>> SortedAxes(const PatternGraph& graph, int i) {
  auto axes = AxesOf(graph, i, 1);
  if (axes) std::sort(axes->begin(), axes->end());
  return axes;
}

bool Fuse(PatternGraph& graph, int second) {
  const bool squeeze = graph.Is(second, "Squeeze");
  if (!squeeze && !graph.Is(second, "Unsqueeze")) return false;
  const int first = graph.Producer(graph.Input(second, 0));
  if (!graph.Is(first, squeeze ? "Unsqueeze" : "Squeeze")) return false;
  const auto axes = SortedAxes(graph, first);
  if (!axes || axes != SortedAxes(graph, second)) return false;
  const bool only_reader = graph.OnlyReaderOf(first) == second;
  graph.Replace(second, PatternNode("Identity", graph.node(second).name(), {graph.Input(first, 0)},
                                    graph.Output(second)));
  if (only_reader) graph.Remove(first);
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_squeeze_unsqueeze) {
  r.Add({.name = "fuse_squeeze_unsqueeze",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
