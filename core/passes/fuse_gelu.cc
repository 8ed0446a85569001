// Puts one operator in the place of a GELU that is written out.
//   before:  x / 2 * (1 + Erf(x / sqrt(2))) -> y, or its approximation with Tanh
//   after:   Gelu(x), approximate = "none" or "tanh" -> y
// The products may be put together in any order. Needs: opset 20; nobody else reads between the
// nodes.
#include "core/graph/gelu_pattern.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

// Exporters write the constants with four digits or more, or as float16.
constexpr double kTolerance = 5e-4;

bool Fuse(PatternGraph& graph, int i) {
  const auto pattern = MatchGelu(graph, i, kTolerance);
  if (!pattern || !IsComputable(pattern->type)) return false;
  if (graph.Constant(pattern->x) != nullptr || graph.ShapeOfValue(pattern->x) == Shape{}) {
    return false;
  }
  const int last = pattern->last;
  onnx::NodeProto gelu =
      PatternNode("Gelu", graph.node(last).name(), {pattern->x}, graph.Output(last));
  if (pattern->tanh) PutString(gelu, "approximate", "tanh");
  graph.ReplaceTogether(pattern->nodes, last, std::move(gelu));
  return true;
}

bool Run(Model& model, const PassContext&) {
  return OpsetVersion(model.proto) >= 20 && RewriteNodes(model, Fuse);
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_gelu) {
  r.Add({.name = "fuse_gelu", .stage = PassStage::kFuse, .run = Run});
}

}  // namespace quantab
