#include "core/onnx/inference_cost.h"

#include <algorithm>

#include "core/onnx/function_calls.h"
#include "core/onnx/order.h"

namespace quantab {
namespace {

uint64_t Declared(const onnx::GraphProto& graph) {
  return static_cast<uint64_t>(graph.input_size()) + static_cast<uint64_t>(graph.output_size()) +
         static_cast<uint64_t>(graph.value_info_size()) +
         static_cast<uint64_t>(graph.initializer_size()) +
         static_cast<uint64_t>(graph.sparse_initializer_size());
}

uint64_t Made(const NodeList& nodes) {
  uint64_t count = 0;
  for (const onnx::NodeProto& node : nodes) count += static_cast<uint64_t>(node.output_size());
  return count;
}

// Of the graphs inside `nodes`, which see `values` values around them. Every copy comes with
// `tables` entries.
uint64_t CostInside(const NodeList& nodes, uint64_t values, uint64_t tables) {
  uint64_t cost = 0;
  const auto add = [&](const onnx::GraphProto& graph) {
    const uint64_t inside = values + Declared(graph) + Made(graph.node());
    cost += values + tables + CostInside(graph.node(), inside, tables);
  };
  for (const onnx::NodeProto& node : nodes) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) add(attribute.g());
      for (const onnx::GraphProto& graph : attribute.graphs()) add(graph);
    }
  }
  return cost;
}

}  // namespace

uint64_t InferenceCost(const Model& model) {
  const onnx::GraphProto& graph = model.proto.graph();
  const uint64_t calls = CheckFunctionCalls(model.proto, model.name);
  const auto functions = static_cast<uint64_t>(model.proto.functions_size());
  const uint64_t tables = functions + static_cast<uint64_t>(model.proto.opset_import_size());
  uint64_t cost = CostInside(graph.node(), Declared(graph) + Made(graph.node()), tables);
  // As if every call were of the dearest function.
  uint64_t dearest = 0;
  for (const onnx::FunctionProto& function : model.proto.functions()) {
    const auto imports = static_cast<uint64_t>(function.opset_import_size());
    const uint64_t values = static_cast<uint64_t>(function.input_size()) + Made(function.node());
    dearest = std::max(
        dearest, functions + imports + CostInside(function.node(), values, functions + imports));
  }
  return cost + calls * dearest;
}

}  // namespace quantab
