// Dynamic: weights as integers, activations quantized while the model runs; quantize_dynamic.
#include "core/quant/dynamic.h"

#include "core/quant/finish.h"
#include "core/quant/lift_constants.h"
#include "core/quant/method.h"
#include "core/quant/prepare.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

std::vector<std::string> Types() {
  std::vector<std::string> types = {"Gemm"};  // decomposed into MatMul and Add
  for (const RuleDef& rule : RuleRegistry::Get().all()) {
    if (rule.dynamic != nullptr) types.emplace_back(rule.op_type);
  }
  return types;
}

Model Quantize(const QuantRequest& request) {
  Model model = request.model;
  Selection selection = request.selection;
  LiftConstants(model);
  auto transposed = DecomposeGemms(model, selection);
  InferMainGraph(model);
  DynamicRewriter(model, request, selection, std::move(transposed)).Run();
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
