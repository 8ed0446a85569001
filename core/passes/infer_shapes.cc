// Types and shapes for value_info.
//   before:  x [batch,3,224,224] -> Conv -> y
//   after:   x [batch,3,224,224] -> Conv -> y [batch,64,112,112]
#include "core/onnx/official.h"
#include "core/passes/infer_by_use.h"
#include "core/passes/merge_dimensions.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

// What was learnt from use may tell the official inference more, which may tell more of use.
constexpr int kMostRounds = 4;

}  // namespace

void InferTypes(Model& model, const PreProcessOptions& options, Monitor* monitor) {
  InferShapes(model, monitor);
  if (options.skip_symbolic_shape) return;
  for (int round = 0; round < kMostRounds; ++round) {
    if (!InferByUse(model, options.guess_output_rank)) break;
    InferShapes(model, monitor);
  }
  if (options.auto_merge && MergeDimensions(model)) InferShapes(model, monitor);
}

}  // namespace quantab
