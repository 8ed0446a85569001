#include "core/quant/dynamic.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_view.h"
#include "core/onnx/official.h"
#include "core/quant/naming.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

// DequantizeLinear takes scales along an axis; before, such a constant stays in float as well.
constexpr int64_t kFirstWithAxis = 13;

bool HasBodies(const onnx::NodeProto& node) {
  return CanonicalDomain(node.domain()).empty() &&
         (node.op_type() == "If" || node.op_type() == "Loop" || node.op_type() == "Scan");
}

// What is declared for values that the graph no longer makes.
void DropStaleTypes(onnx::GraphProto& graph) {
  std::unordered_set<std::string> made;
  for (const auto& node : graph.node()) made.insert(node.output().begin(), node.output().end());
  int kept = 0;
  for (int i = 0; i < graph.value_info_size(); ++i) {
    if (!made.contains(graph.value_info(i).name())) continue;
    graph.mutable_value_info()->SwapElements(kept++, i);
  }
  graph.mutable_value_info()->DeleteSubrange(kept, graph.value_info_size() - kept);
}

}  // namespace

DynamicRewriter::DynamicRewriter(Model& model, const QuantRequest& request,
                                 const Selection& selection, DynamicFacts facts)
    : model_(model), request_(request), selection_(selection), facts_(std::move(facts)) {}

void DynamicRewriter::Run() {
  RewriteGraph(*model_.proto.mutable_graph(), facts_.inferred.proto.graph());
}

void DynamicRewriter::RewriteGraph(onnx::GraphProto& graph, const onnx::GraphProto& inferred) {
  if (inferred.node_size() != graph.node_size()) {
    ThrowInternal("Inference changed the nodes of graph '" + graph.name() + "'.");
  }
  DynamicScope scope(graph, inferred, scope_);
  KeepConstantsOfExcluded(graph, scope);
  scope_ = &scope;
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  const uint64_t total = static_cast<uint64_t>(nodes.size());
  for (int i = 0; i < nodes.size(); ++i) {
    if (scope.outer == nullptr) Report(request_.monitor, "quantize", uint64_t(i), total);
    onnx::NodeProto& node = nodes[i];
    if (options().enable_subgraph) RewriteInside(node, inferred.node(i));
    const RuleDef* rule = RuleRegistry::Get().Find(node);
    const bool selected = rule != nullptr && rule->dynamic != nullptr && selection_.Selected(node);
    if (!selected || !rule->dynamic(*this, node)) Keep(node);
  }
  for (const auto& output : graph.output()) Dequantize(output.name());
  for (onnx::NodeProto& node : scope.nodes) graph.add_node()->Swap(&node);
  scope_ = scope.outer;
  if (scope_ != nullptr) {
    DropStaleTypes(graph);
  } else {
    Report(request_.monitor, "quantize", total, total);
  }
}

void DynamicRewriter::RewriteInside(onnx::NodeProto& node, const onnx::NodeProto& inferred) {
  std::vector<const onnx::GraphProto*> types;
  ForEachSubgraph(inferred, [&](const onnx::GraphProto& inner) { types.push_back(&inner); });
  size_t next = 0;
  ForEachSubgraph(node, [&](onnx::GraphProto& inner) {
    if (next == types.size()) ThrowInternal("Inference removed a graph inside a node.");
    const onnx::GraphProto* known = types[next++];
    onnx::GraphProto alone;
    if (!HasBodies(node)) {
      alone = InferAlone(inner);
      known = &alone;
    }
    RewriteGraph(inner, *known);
  });
}

onnx::GraphProto DynamicRewriter::InferAlone(const onnx::GraphProto& graph) const {
  Model model;
  model.proto.set_ir_version(model_.proto.ir_version());
  *model.proto.mutable_opset_import() = model_.proto.opset_import();
  *model.proto.mutable_functions() = model_.proto.functions();
  *model.proto.mutable_graph() = graph;
  model.weights = model_.weights;
  InferShapes(model, request_.monitor);
  return std::move(*model.proto.mutable_graph());
}

void DynamicRewriter::KeepConstantsOfExcluded(const onnx::GraphProto& graph,
                                              DynamicScope& scope) const {
  for (const auto& node : graph.node()) {
    if (selection_.Excluded(node)) {
      for (const std::string& input : node.input()) {
        if (scope.constants.contains(input)) scope.kept_constants.insert(input);
      }
    }
    if (!options().enable_subgraph) continue;
    ForEachSubgraph(node,
                    [&](const onnx::GraphProto& inner) { KeepConstantsOfExcluded(inner, scope); });
  }
}

DynamicScope& DynamicRewriter::OwnerOf(const std::string& value) const {
  for (DynamicScope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (scope->values.contains(value)) return *scope;
  }
  return *scope_;
}

bool DynamicRewriter::MakesFloat(const std::string& value) const {
  const DType type = TypeOfValue(value);
  if (type != DType::kUndefined) return type == DType::kFloat;
  return options().default_tensor_type.value_or(int64_t{onnx::TensorProto::FLOAT}) ==
         onnx::TensorProto::FLOAT;
}

bool DynamicRewriter::IsComplete(const onnx::NodeProto& node, int inputs) {
  if (node.output_size() == 0 || node.output(0).empty() || node.input_size() < inputs) return false;
  const auto& all = node.input();
  return std::none_of(all.begin(), all.begin() + inputs,
                      [](const std::string& input) { return input.empty(); });
}

const onnx::TensorProto* DynamicRewriter::Constant(const std::string& name) const {
  const DynamicScope& owner = OwnerOf(name);
  const auto found = owner.constants.find(name);
  return found == owner.constants.end() ? nullptr : found->second;
}

const QuantizedValue* DynamicRewriter::Find(const std::string& value) const {
  const DynamicScope& owner = OwnerOf(value);
  const auto found = owner.quantized.find(value);
  return found == owner.quantized.end() ? nullptr : &found->second;
}

void DynamicRewriter::SetQuantized(const std::string& value, QuantizedValue quantized) {
  scope_->quantized[value] = std::move(quantized);
}

void DynamicRewriter::Keep(const onnx::NodeProto& node) {
  for (const std::string& input : node.input()) Dequantize(input);
  for (const std::string& value : CapturedValues(node)) {
    // A constant that a graph inside reads stays a constant.
    if (Constant(value) == nullptr) Dequantize(value);
  }
  scope_->AddNode(node);
}

void DynamicRewriter::Dequantize(const std::string& value) {
  DynamicScope& owner = OwnerOf(value);
  const auto known = owner.quantized.find(value);
  if (known == owner.quantized.end() || owner.available.contains(value) ||
      owner.kept_constants.contains(value)) {
    return;
  }
  if (&owner != scope_ && owner.constants.contains(value)) return;
  const QuantizedValue& from = known->second;
  if (from.axis && OpsetVersion(model_.proto) < kFirstWithAxis) return;
  onnx::NodeProto& node =
      owner.AddNode("DequantizeLinear", {from.quantized, from.scale, from.zero_point}, {value},
                    DequantizeNodeName(value));
  // Only matrices have one, and theirs is the last, which ONNX Runtime counts from the end.
  if (from.axis) SetIntAttribute(node, "axis", -1);
}

void DynamicRewriter::Rescale(const std::string& integers, const QuantizedValue& a,
                              const QuantizedValue& b, const std::string& output,
                              const std::string& name, DType type) {
  const std::string cast = FreshValue(integers + "_cast_output");
  SetIntAttribute(Add("Cast", {integers}, {cast}, integers + "_cast"), "to",
                  static_cast<int64_t>(type));

  // Nodes without a name share the product of equal scales.
  std::string product = name.empty() ? a.scale + "_" + b.scale + "_mul" : name + "_scales_mul";
  std::vector<std::string>& known = scope_->products[product];
  if (known.empty() || known[0] != a.scale || known[1] != b.scale) {
    known = {a.scale, b.scale, FreshValue(product + ":0")};
    Add("Mul", {a.scale, b.scale}, {known[2]}, product);
  }
  Add("Mul", {cast, known[2]}, {output}, name.empty() ? "" : name + "_output_scale_mul");
}

}  // namespace quantab
