// Lets a float product add its bias, and limit its results, while it has them in registers.
//   before:  MatMul(a, w) -> Add(b) (-> Relu or Clip(low, high)) -> y
//   after:   quantab.BiasedMatMul(a, w, b, min = low, max = high) -> y
// Needs: constant w and b of float32, b with one value for each column; constant bounds; nobody
// else reads between them.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

// Whether `bias` has one value for each column of `weights`, both constants of float32.
bool IsByColumn(const LowerGraph& graph, const std::string& weights, const std::string& bias) {
  const std::optional<Shape> w = graph.ConstantShape(weights), b = graph.ConstantShape(bias);
  return w && b && w->size() >= 2 && b->size() == 1 && (*b)[0] == w->back() &&
         graph.TypeOfValue(weights) == DType::kFloat && graph.TypeOfValue(bias) == DType::kFloat;
}

void Fuse(LowerGraph& graph, int i) {
  int last = graph.OnlyReader(i);
  if (!graph.Is(last, "Add")) return;
  const std::string product = OutputOf(graph.node(i), 0);
  const std::string a = InputOf(graph.node(last), 0), b = InputOf(graph.node(last), 1);
  const std::string bias = a == product ? b : a;
  const std::string weights = InputOf(graph.node(i), 1);
  if (!IsByColumn(graph, weights, bias)) return;
  const int activation = graph.OnlyReader(last);
  const auto bounds = activation < 0 ? std::nullopt : BoundsOf(graph, activation);
  const bool clamps = bounds && InputOf(graph.node(activation), 0) == OutputOf(graph.node(last), 0);
  if (clamps) last = activation;
  onnx::NodeProto node =
      MakeNode("BiasedMatMul", kLowerDomain, graph.node(i).name(),
               {InputOf(graph.node(i), 0), weights, bias}, OutputOf(graph.node(last), 0));
  if (clamps) {
    SetFloat(node, "min", bounds->low);
    SetFloat(node, "max", bounds->high);
  }
  graph.Replace(last, std::move(node));
}

}  // namespace

void FuseMatMulBias(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "MatMul")) Fuse(graph, i);
  }
}

}  // namespace quantab
