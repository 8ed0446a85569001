// Makes a constant that is added to a convolution its bias.
//   before:  Conv or ConvTranspose -> Add(constant) -> y
//   after:   Conv or ConvTranspose with another bias -> y
// Needs: one addend for each channel, or one for all; a bias that is constant or absent; constant
// weights; nobody else reads between them.
#include "core/passes/channel_affine.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  if (!graph.Is(i, "Conv") && !graph.Is(i, "ConvTranspose")) return false;
  const int add = graph.OnlyReaderOf(i);
  if (!graph.Is(add, "Add")) return false;
  const auto linear = MatchLinear(graph, i);
  if (!linear) return false;
  const std::string& addend = graph.Input(add, graph.Input(add, 0) == graph.Output(i) ? 1 : 0);
  auto offset = graph.AlongAxis(addend, linear->rank, 1, linear->channels);
  if (!offset || graph.TypeOfValue(addend) != linear->type) return false;
  return FoldAffine(graph, *linear, add, {.offset = std::move(*offset)});
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_conv_add) {
  r.Add({.name = "fuse_conv_add",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
