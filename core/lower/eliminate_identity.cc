// Lets readers of an Identity, or of a Dropout that does not train, read its input.
//   before:  x -> Identity -> y -> Op
//   after:   x -> Op
// Needs: y is no output of the graph and no subgraph reads it. Of a Dropout: operator set 7 to 11,
// or a training_mode that is absent or a constant that is false; nobody uses the mask.
#include "core/lower/lower.h"

namespace quantab {
namespace {

constexpr int64_t kFirstForInference = 7;
constexpr int64_t kFirstWithTrainingMode = 12;

bool IsUsed(const LowerGraph& graph, const std::string& value) {
  return !value.empty() && (graph.IsOutput(value) || !graph.Readers(value).empty());
}

bool GivesItsInput(const LowerGraph& graph, int i) {
  if (graph.Is(i, "Identity")) return true;
  if (!graph.Is(i, "Dropout") || graph.opset() < kFirstForInference) return false;
  if (IsUsed(graph, OutputOf(graph.node(i), 1))) return false;
  const std::string& training = InputOf(graph.node(i), 2);
  if (graph.opset() < kFirstWithTrainingMode || training.empty()) return true;
  const auto mode = graph.Constant(training);
  return mode && mode->dtype() == DType::kBool && mode->count() == 1 && !mode->data<bool>()[0];
}

}  // namespace

void EliminateIdentity(LowerGraph& graph) {
  for (int i = 0; i < graph.size(); ++i) {
    if (!GivesItsInput(graph, i)) continue;
    const std::string y = OutputOf(graph.node(i), 0);
    if (graph.IsOutput(y) || graph.IsCaptured(y)) continue;
    const std::string x = InputOf(graph.node(i), 0);
    if (x.empty()) continue;
    graph.Redirect(y, x);
    graph.Remove(i);
  }
}

}  // namespace quantab
