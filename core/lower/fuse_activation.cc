// Runs activations that are written out in one pass over their elements.
//   before:  x / 2 * (1 + Erf(x / sqrt(2))) -> y, or its approximation with Tanh
//   after:   Gelu(x) -> y
//   before:  x * Sigmoid(x) -> y
//   after:   quantab.Silu(x) -> y
//   before:  x * HardSigmoid(x, alpha = 1/6, beta = 1/2) -> y
//   after:   HardSwish(x) -> y
// Needs: nobody else reads between the nodes. Results differ by roundings.
#include <cmath>

#include "core/graph/gelu_pattern.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

// Constants of the file are those meant up to the rounding of float32.
constexpr double kTolerance = 2e-7;

void FuseGelu(LowerGraph& graph, int i) {
  const auto pattern = MatchGelu(graph, i, kTolerance);
  if (!pattern || pattern->type != DType::kFloat) return;
  const onnx::NodeProto& last = graph.node(pattern->last);
  onnx::NodeProto gelu =
      MakeNode("Gelu", "com.microsoft", last.name(), {pattern->x}, OutputOf(last, 0));
  if (pattern->tanh) SetString(gelu, "approximate", "tanh");
  graph.ReplaceTogether(pattern->nodes, pattern->last, std::move(gelu));
}

bool IsNear(float value, double wanted) { return std::fabs(value - wanted) < kTolerance; }

// Puts `op_type` in the place of gate `i` and the product of it and its argument.
void FuseGate(LowerGraph& graph, int i, const std::string& op_type, const std::string& domain) {
  const int mul = graph.OnlyReader(i);
  if (!graph.Is(mul, "Mul")) return;
  const onnx::NodeProto product = graph.node(mul);
  const std::string x = InputOf(graph.node(i), 0), gate = OutputOf(graph.node(i), 0);
  const bool fits = (InputOf(product, 0) == x && InputOf(product, 1) == gate) ||
                    (InputOf(product, 0) == gate && InputOf(product, 1) == x);
  if (!fits || x.empty() || product.output_size() != 1) return;
  graph.ReplaceTogether({i, mul}, mul,
                        MakeNode(op_type, domain, product.name(), {x}, OutputOf(product, 0)));
}

}  // namespace

void FuseActivation(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "Erf") || graph.Is(i, "Tanh")) {
      FuseGelu(graph, i);
    } else if (graph.Is(i, "Sigmoid")) {
      FuseGate(graph, i, "Silu", kLowerDomain);
    } else if (graph.Is(i, "HardSigmoid") &&
               IsNear(FloatAttribute(graph.node(i), "alpha", 0.2F), 1.0 / 6) &&
               IsNear(FloatAttribute(graph.node(i), "beta", 0.5F), 0.5)) {
      FuseGate(graph, i, "HardSwish", "");
    }
  }
}

}  // namespace quantab
