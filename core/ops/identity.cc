// Identity (ai.onnx, since 1): y = x.
#include "core/ops/op.h"

namespace quantab {
namespace {

void Compute(OpContext& c) { c.SetOutput(0, c.InputValue(0)); }

}  // namespace

QUANTAB_REGISTER(ops, identity) { r.Add({.name = "Identity", .compute = Compute}); }

}  // namespace quantab
