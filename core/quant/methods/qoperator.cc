// QOperator: operators on 8-bit integers (QLinearConv, ...), with scales known from calibration.
#include "core/quant/qoperator.h"

#include "core/quant/finish.h"
#include "core/quant/method.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

std::vector<std::string> Types() {
  std::vector<std::string> types;
  for (const RuleDef& rule : RuleRegistry::Get().all()) {
    if (rule.qoperator != nullptr) types.emplace_back(rule.op_type);
  }
  return types;
}

Model Quantize(const QuantRequest& request) {
  Model model = request.model;
  QOperatorRewriter(model, request).Run();
  FinishModel(model);
  return model;
}

}  // namespace

QUANTAB_REGISTER(quant_methods, qoperator) {
  r.Add({.name = "QOperator",
         .types = Types,
         .needs_rule = true,
         .needs_ranges = true,
         .quantize = Quantize});
}

}  // namespace quantab
