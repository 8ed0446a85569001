#include "core/quant/weight_only.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

// Files may hold nodes that make nothing.
bool HasResult(const onnx::NodeProto& node) {
  return node.output_size() > 0 && !node.output(0).empty();
}

}  // namespace

bool WeightOnlyRewriter::IsMeant(const onnx::NodeProto& node) const {
  return HasResult(node) &&
         (!only_ || (scope_->outer == nullptr && only_->contains(node.output(0))));
}

void WeightOnlyRewriter::Run(const Rewrite& rewrite) {
  onnx::GraphProto& graph = *model_.proto.mutable_graph();
  RewriteGraph(graph, rewrite);
  CleanInitializers(graph);
  RaiseIrVersion(model_.proto, kFirstWithFreeInitializers);
  CollectWeights(model_);
  if (!any_ && !only_) {
    Warn(monitor_,
         "No weight was quantized: no node that was asked for has a constant weight of a type and "
         "shape that can be. Pre-processing turns what is computed from constants into such.");
  }
}

void WeightOnlyRewriter::RewriteGraph(onnx::GraphProto& graph, const Rewrite& rewrite) {
  DynamicScope scope(graph, graph, scope_);
  scope_ = &scope;
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Swap(graph.mutable_node());
  const uint64_t total = static_cast<uint64_t>(nodes.size());
  for (int i = 0; i < nodes.size(); ++i) {
    if (scope.outer == nullptr) Report(monitor_, "quantize", static_cast<uint64_t>(i), total);
    ForEachSubgraph(nodes[i], [&](onnx::GraphProto& inner) { RewriteGraph(inner, rewrite); });
    if (IsMeant(nodes[i]) && rewrite(nodes[i])) {
      any_ = true;
    } else {
      scope.AddNode(std::move(nodes[i]));
    }
  }
  for (onnx::NodeProto& node : scope.nodes) graph.add_node()->Swap(&node);
  scope_ = scope.outer;
  if (scope_ == nullptr) Report(monitor_, "quantize", total, total);
}

std::optional<WeightOnlyRewriter::Constant> WeightOnlyRewriter::FindConstant(
    const std::string& value) const {
  for (DynamicScope* scope = scope_; scope != nullptr; scope = scope->outer) {
    if (!scope->values.contains(value)) continue;
    const auto found = scope->constants.find(value);
    if (found == scope->constants.end()) return std::nullopt;
    return Constant{found->second, scope};
  }
  return std::nullopt;
}

std::optional<int> WeightOnlyRewriter::DeclaredRank(const std::string& value) const {
  for (const DynamicScope* scope = scope_; scope != nullptr; scope = scope->outer) {
    const onnx::GraphProto& graph = *scope->graph;
    for (const auto* list : {&graph.input(), &graph.value_info(), &graph.output()}) {
      for (const onnx::ValueInfoProto& info : *list) {
        if (info.name() != value) continue;
        const auto& type = info.type().tensor_type();
        if (!type.has_shape()) return std::nullopt;
        return type.shape().dim_size();
      }
    }
  }
  return std::nullopt;
}

onnx::NodeProto& WeightOnlyRewriter::Add(const std::string& op_type,
                                         const std::vector<std::string>& inputs,
                                         const std::vector<std::string>& outputs,
                                         const std::string& name, const std::string& domain) {
  return scope_->AddNode(op_type, inputs, outputs, name, domain);
}

std::string WeightOnlyRewriter::AddTensor(DynamicScope& owner, const std::string& name, DType type,
                                          const Shape& shape, BlobPtr bytes) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.set_name(owner.FreshValue(name));
  SetBytes(model_, tensor, std::move(bytes));
  return owner.AddInitializer(std::move(tensor)).name();
}

void WeightOnlyRewriter::RemoveInput(const Constant& constant) {
  auto& inputs = *constant.owner->graph->mutable_input();
  for (int i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name() != constant.tensor->name()) continue;
    inputs.DeleteSubrange(i, 1);
    return;
  }
}

void CheckBlockSize(int64_t block_size) {
  constexpr int64_t kSizes[] = {16, 32, 64, 128, 256};
  if (std::find(std::begin(kSizes), std::end(kSizes), block_size) != std::end(kSizes)) return;
  ThrowInvalidArgument("'block_size' is " + std::to_string(block_size) +
                       ". Choose 16, 32, 64, 128 or 256.");
}

}  // namespace quantab
