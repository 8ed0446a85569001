// Puts one operator in the place of a root mean square normalization that is written out.
//   before:  x / Sqrt(ReduceMean(x * x) + epsilon) * scale -> y
//   after:   SimplifiedLayerNormalization(x, scale) -> y
// The same as fuse_rms_normalization for models older than opset 23: the operator is one of ONNX
// Runtime, which has it in ai.onnx, although ONNX does not know it there. Therefore optional.
#include "core/passes/norm_pattern.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  const auto rms = MatchRootMeanSquare(graph, i);
  if (!rms || rms->dividend != rms->squared) return false;
  const auto pattern = NormalizationOf(graph, *rms, rms->dividend, false);
  if (!pattern) return false;
  ReplaceNormalization(graph, *pattern, *rms, "SimplifiedLayerNormalization");
  return true;
}

bool Run(Model& model, const PassContext&) {
  return OpsetVersion(model.proto) < 23 && RewriteNodes(model, Fuse);
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_simplified_layer_normalization) {
  r.Add({.name = "fuse_simplified_layer_normalization",
         .stage = PassStage::kFuse,
         .optional = true,
         .run = Run});
}

}  // namespace quantab
