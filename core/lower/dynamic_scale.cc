#include "core/lower/dynamic_scale.h"

namespace quantab {
namespace {

// The input of a two-input node that is not `value`; empty when both are.
std::string Other(const onnx::NodeProto& node, const std::string& value) {
  if (node.input_size() != 2 || node.input(0) == node.input(1)) return "";
  return node.input(0) == value ? node.input(1) : node.input(0);
}

}  // namespace

void DynamicTail::DropBias(const LowerGraph& graph, int i) {
  last = graph.OnlyReader(graph.OnlyReader(i));
  bias.clear();
}

std::optional<DynamicTail> FindDynamicTail(const LowerGraph& graph, int i, int a, int a_zero) {
  const onnx::NodeProto& product = graph.node(i);
  if (product.input_size() <= a_zero) return std::nullopt;
  const int quantize = graph.Producer(product.input(a));
  if (!graph.Is(quantize, "DynamicQuantizeLinear") ||
      graph.node(quantize).output(2) != product.input(a_zero)) {
    return std::nullopt;
  }
  const int cast = graph.OnlyReader(i);
  if (!graph.Is(cast, "Cast") ||
      IntAttribute(graph.node(cast), "to", 0) != static_cast<int64_t>(DType::kFloat)) {
    return std::nullopt;
  }
  const int mul = graph.OnlyReader(cast);
  if (!graph.Is(mul, "Mul")) return std::nullopt;
  DynamicTail tail;
  tail.last = mul;
  tail.a_scale = graph.node(quantize).output(1);
  tail.scale = Other(graph.node(mul), graph.node(cast).output(0));
  const int scales = graph.Producer(tail.scale);
  if (!graph.Is(scales, "Mul")) return std::nullopt;
  tail.b_scale = Other(graph.node(scales), tail.a_scale);
  if (tail.b_scale.empty() || !graph.IsConstant(tail.b_scale)) return std::nullopt;
  const auto& inputs = graph.node(scales).input();
  if (inputs[0] != tail.a_scale && inputs[1] != tail.a_scale) return std::nullopt;
  const int add = graph.OnlyReader(mul);
  if (graph.Is(add, "Add")) {
    tail.bias = Other(graph.node(add), graph.node(mul).output(0));
    if (!tail.bias.empty()) tail.last = add;
  }
  return tail;
}

}  // namespace quantab
