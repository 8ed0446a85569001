// If (ai.onnx, since 1): one of two graphs.
#include "core/ops/control_flow.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const bool condition = Truth(c, c.InputValue(0), "the condition");
  SetOutputs(c, c.RunGraph(condition ? "then_branch" : "else_branch", {}), 0);
}

}  // namespace

QUANTAB_REGISTER(ops, if) { r.Add({.name = "If", .compute = Compute}); }

}  // namespace quantab
