// Makes a constant vector that is added to a product of matrices the bias of a Gemm.
//   before:  MatMul(x, w) -> Add(b) -> y
//   after:   Gemm(x, w, b) -> y
// Needs: x and w have two dimensions, a type that Gemm takes, and w a known number of columns; b is
// constant, one number for each column; nobody else reads between them.
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

bool Fuse(PatternGraph& graph, int i) {
  if (!graph.Is(i, "MatMul") || graph.opset() < 7) return false;
  const int add = graph.OnlyReaderOf(i);
  if (!graph.Is(add, "Add")) return false;
  const auto x = graph.ShapeOfValue(graph.Input(i, 0));
  const auto w = graph.ShapeOfValue(graph.Input(i, 1));
  if (!x || !w || x->size() != 2 || w->size() != 2 || (*w)[1] < 1) return false;
  const std::string& b = graph.Input(add, graph.Input(add, 0) == graph.Output(i) ? 1 : 0);
  const onnx::TensorProto* bias = graph.Constant(b);
  if (bias == nullptr || !IsComputable(TypeOf(*bias))) return false;
  const Shape dims = ShapeOf(*bias);
  const Shape vector = {(*w)[1]};
  if (dims != vector && dims != Shape{1, vector[0]}) return false;
  const std::string name =
      dims == vector ? b : graph.AddConstant(b, TypeOf(*bias), vector, graph.ConstantBytes(b));

  onnx::NodeProto gemm = graph.node(i);
  gemm.set_op_type("Gemm");
  gemm.add_input(name);
  gemm.set_output(0, graph.Output(add));
  graph.Remove(i);
  graph.Replace(add, std::move(gemm));
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_matmul_add) {
  r.Add({.name = "fuse_matmul_add",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
