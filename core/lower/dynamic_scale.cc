#include "core/lower/dynamic_scale.h"

namespace quantab {
namespace {

// The input of a two-input node that is not `value`; empty when both are.
std::string Other(const onnx::NodeProto& node, const std::string& value) {
  if (node.input_size() != 2 || InputOf(node, 0) == InputOf(node, 1)) return "";
  return InputOf(node, 0) == value ? InputOf(node, 1) : InputOf(node, 0);
}

}  // namespace

void DynamicTail::DropBias(const LowerGraph& graph, int i) {
  last = graph.OnlyReader(graph.OnlyReader(i));
  bias.clear();
}

std::optional<DynamicTail> FindDynamicTail(const LowerGraph& graph, int i, int a, int a_zero) {
  const onnx::NodeProto& product = graph.node(i);
  if (InputOf(product, a_zero).empty()) return std::nullopt;
  const int quantize = graph.Producer(InputOf(product, a));
  if (!graph.Is(quantize, "DynamicQuantizeLinear") ||
      OutputOf(graph.node(quantize), 2) != InputOf(product, a_zero)) {
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
  tail.a_scale = OutputOf(graph.node(quantize), 1);
  tail.scale = Other(graph.node(mul), OutputOf(graph.node(cast), 0));
  const int scales = graph.Producer(tail.scale);
  if (!graph.Is(scales, "Mul")) return std::nullopt;
  tail.b_scale = Other(graph.node(scales), tail.a_scale);
  if (tail.b_scale.empty() || !graph.IsConstant(tail.b_scale)) return std::nullopt;
  const onnx::NodeProto& product_of_scales = graph.node(scales);
  if (InputOf(product_of_scales, 0) != tail.a_scale &&
      InputOf(product_of_scales, 1) != tail.a_scale) {
    return std::nullopt;
  }
  const int add = graph.OnlyReader(mul);
  if (graph.Is(add, "Add")) {
    tail.bias = Other(graph.node(add), OutputOf(graph.node(mul), 0));
    if (!tail.bias.empty()) tail.last = add;
  }
  return tail;
}

}  // namespace quantab
