// Takes out what only training needs.
//   before:  x -> Dropout -> y -> Op
//   after:   x -> Op
// Needs: inference, which is all that operator sets 7 to 11 know; before, is_test is set; after,
// training_mode is absent or a constant that is false. Nothing uses the mask.
#include "core/graph/graph_edit.h"
#include "core/passes/bypass.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

constexpr int64_t kFirstForInference = 7;
constexpr int64_t kFirstWithTrainingMode = 12;

int SameInput(const PatternGraph& graph, int i) {
  if (!graph.Is(i, "Dropout")) return kNoBypass;
  if (graph.opset() < kFirstForInference) {
    return IntAttribute(graph.node(i), "is_test", 0) != 0 ? 0 : kNoBypass;
  }
  const std::string& training = graph.Input(i, 2);
  if (graph.opset() < kFirstWithTrainingMode || training.empty()) return 0;
  const auto mode = graph.Numbers(training, 1);
  return mode && mode->size() == 1 && (*mode)[0] == 0 ? 0 : kNoBypass;
}

}  // namespace

QUANTAB_REGISTER(passes, eliminate_dropout) {
  r.Add({.name = "eliminate_dropout",
         .stage = PassStage::kNormalize,
         .run = [](Model& model, const PassContext&) { return BypassNodes(model, SameInput); }});
}

}  // namespace quantab
