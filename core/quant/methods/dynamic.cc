// Dynamic: weights as integers, activations quantized while the model runs; quantize_dynamic.
#include "core/quant/dynamic.h"

#include <utility>

#include "core/graph/graph_edit.h"
#include "core/onnx/official.h"
#include "core/quant/finish.h"
#include "core/quant/lift_constants.h"
#include "core/quant/method.h"
#include "core/quant/rule.h"
#include "core/quant/tied_tables.h"

namespace quantab {
namespace {

std::vector<std::string> Types() {
  std::vector<std::string> types = {"Gemm"};  // decomposed into MatMul and Add
  for (const RuleDef& rule : RuleRegistry::Get().all()) {
    if (rule.dynamic != nullptr) types.emplace_back(rule.op_type);
  }
  return types;
}

bool HasSubgraphs(const onnx::GraphProto& graph) {
  bool has = false;
  for (const auto& node : graph.node()) {
    ForEachSubgraph(node, [&](const onnx::GraphProto&) { has = true; });
  }
  return has;
}

Model Quantize(const QuantRequest& request) {
  Model model = request.model;
  Selection selection = request.selection;
  const bool subgraphs = request.options.enable_subgraph;
  LiftConstants(model, subgraphs);
  DynamicFacts facts;
  facts.tied = TiedTables(model.proto.graph(), selection, subgraphs);
  const int nodes = model.proto.graph().node_size();
  facts.transposed = DecomposeGemms(model, selection, {.tied = facts.tied, .subgraphs = subgraphs});
  facts.inferred = model;
  // The types of the main graph's values are known, but for those that a Gemm was split by.
  if (model.proto.graph().node_size() != nodes ||
      (subgraphs && HasSubgraphs(model.proto.graph()))) {
    InferShapes(facts.inferred);
  }
  DynamicRewriter(model, request, selection, std::move(facts)).Run();
  FinishModel(model);
  return model;
}

}  // namespace

QUANTAB_REGISTER(quant_methods, dynamic) {
  r.Add({.name = "dynamic",
         .types = Types,
         .needs_rule = true,
         .aliases = DecomposedNames,
         .quantize = Quantize});
}

}  // namespace quantab
