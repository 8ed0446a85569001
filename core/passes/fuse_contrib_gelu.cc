// Puts one operator of ONNX Runtime in the place of a GELU that is written out.
//   before:  x / 2 * (1 + Erf(x / sqrt(2))) -> y, or its approximation with Tanh
//   after:   com.microsoft Gelu(x), or FastGelu(x) for Tanh -> y
// The same as fuse_gelu for models older than opset 20, of float32. Optional, since the result runs
// in few other places.
#include "core/graph/gelu_pattern.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

// Exporters write the constants with four digits or more, or as float16.
constexpr double kTolerance = 5e-4;

constexpr char kDomain[] = "com.microsoft";

bool Fuse(PatternGraph& graph, int i) {
  const auto pattern = MatchGelu(graph, i, kTolerance);
  if (!pattern || pattern->type != DType::kFloat) return false;
  if (graph.Constant(pattern->x) != nullptr || graph.ShapeOfValue(pattern->x) == Shape{}) {
    return false;
  }
  const int last = pattern->last;
  onnx::NodeProto gelu = PatternNode(pattern->tanh ? "FastGelu" : "Gelu", graph.node(last).name(),
                                     {pattern->x}, graph.Output(last));
  gelu.set_domain(kDomain);
  graph.ReplaceTogether(pattern->nodes, last, std::move(gelu));
  return true;
}

bool Run(Model& model, const PassContext&) {
  if (OpsetVersion(model.proto) >= 20 || !RewriteNodes(model, Fuse)) return false;
  if (OpsetVersion(model.proto, kDomain) == 0) {
    auto* import = model.proto.add_opset_import();
    import->set_domain(kDomain);
    import->set_version(1);
  }
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_contrib_gelu) {
  r.Add({.name = "fuse_contrib_gelu", .stage = PassStage::kFuse, .optional = true, .run = Run});
}

}  // namespace quantab
