// Puts one operator in the place of a layer normalization that is written out.
//   before:  d = x - ReduceMean(x);  d / Sqrt(ReduceMean(d * d) + epsilon) * scale + bias -> y
//   after:   LayerNormalization(x, scale, bias) -> y
// The square may be Pow(d, 2), the division Reciprocal and Mul, d computed twice; scale and bias
// may be missing. Needs: opset 17; the means over the same trailing dimensions, known in size;
// constants of exactly these dimensions; float16 or float32; nobody else reads between the nodes.
#include <algorithm>

#include "core/passes/norm_pattern.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

// x, when `value` is x - ReduceMean(x); adds the nodes that are not yet in `nodes`.
const std::string* Centred(const PatternGraph& graph, const std::string& value, int64_t axes,
                           std::vector<int>& nodes) {
  const int sub = graph.Producer(value);
  if (!graph.Is(sub, "Sub")) return nullptr;
  const int mean = graph.Producer(graph.Input(sub, 1));
  const std::string& x = graph.Input(sub, 0);
  if (!IsTrailingMean(graph, mean, axes) || graph.Input(mean, 0) != x) return nullptr;
  for (const int i : {sub, mean}) {
    if (std::find(nodes.begin(), nodes.end(), i) == nodes.end()) nodes.push_back(i);
  }
  return &x;
}

bool Fuse(PatternGraph& graph, int i) {
  auto rms = MatchRootMeanSquare(graph, i);
  if (!rms) return false;
  const std::string* x = Centred(graph, rms->dividend, rms->axes, rms->nodes);
  const std::string* again = Centred(graph, rms->squared, rms->axes, rms->nodes);
  if (x == nullptr || again == nullptr || *x != *again) return false;
  const auto pattern = NormalizationOf(graph, *rms, *x, true);
  if (!pattern) return false;
  ReplaceNormalization(graph, *pattern, *rms, "LayerNormalization");
  return true;
}

bool Run(Model& model, const PassContext&) {
  return OpsetVersion(model.proto) >= 17 && RewriteNodes(model, Fuse);
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_layer_normalization) {
  r.Add({.name = "fuse_layer_normalization", .stage = PassStage::kFuse, .run = Run});
}

}  // namespace quantab
