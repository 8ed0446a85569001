// Puts a constant factor into the weights of the convolution in front of it.
//   before:  Conv or ConvTranspose -> Mul(constant) -> y
//   after:   Conv or ConvTranspose with other weights and bias -> y
// Needs: one factor for each channel, or one for all; a bias that is constant or absent; constant
// weights; nobody else reads between them.
#include "core/passes/channel_affine.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  if (!graph.Is(i, "Conv") && !graph.Is(i, "ConvTranspose")) return false;
  const int mul = graph.OnlyReaderOf(i);
  if (!graph.Is(mul, "Mul")) return false;
  const auto linear = MatchLinear(graph, i);
  if (!linear) return false;
  const std::string& by = graph.Input(mul, graph.Input(mul, 0) == graph.Output(i) ? 1 : 0);
  auto factor = graph.AlongAxis(by, linear->rank, 1, linear->channels);
  if (!factor || graph.TypeOfValue(by) != linear->type) return false;
  return FoldAffine(graph, *linear, mul, {.factor = std::move(*factor)});
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_conv_mul) {
  r.Add({.name = "fuse_conv_mul",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
