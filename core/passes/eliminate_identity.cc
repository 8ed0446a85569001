// Lets readers of an Identity read its input.
//   before:  x -> Identity -> y -> Op
//   after:   x -> Op
// Where y is an output of the graph, what makes x makes y instead.
#include "core/passes/bypass.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

int SameInput(const PatternGraph& graph, int i) { return graph.Is(i, "Identity") ? 0 : kNoBypass; }

}  // namespace

QUANTAB_REGISTER(passes, eliminate_identity) {
  r.Add({.name = "eliminate_identity",
         .stage = PassStage::kNormalize,
         .run = [](Model& model, const PassContext&) { return BypassNodes(model, SameInput); }});
}

}  // namespace quantab
