// Puts one operator in the place of a root mean square normalization that is written out.
//   before:  x / Sqrt(ReduceMean(x * x) + epsilon) * scale -> y
//   after:   RMSNormalization(x, scale) -> y
// The square may be Pow(x, 2), the division a Mul with 1 / Sqrt in one of its forms; scale may be
// missing. Needs: opset 23; the mean over trailing dimensions, known in size; a constant of exactly
// these dimensions; float16 or float32; nobody else reads between the nodes.
#include "core/passes/norm_pattern.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  const auto rms = MatchRootMeanSquare(graph, i);
  if (!rms || rms->dividend != rms->squared) return false;
  const auto pattern = NormalizationOf(graph, *rms, rms->dividend, false);
  if (!pattern) return false;
  ReplaceNormalization(graph, *pattern, *rms, "RMSNormalization");
  return true;
}

bool Run(Model& model, const PassContext&) {
  return OpsetVersion(model.proto) >= 23 && RewriteNodes(model, Fuse);
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_rms_normalization) {
  r.Add({.name = "fuse_rms_normalization", .stage = PassStage::kFuse, .run = Run});
}

}  // namespace quantab
