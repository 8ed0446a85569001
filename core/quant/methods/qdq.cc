// QDQ: float operators between QuantizeLinear and DequantizeLinear; the default of quantize_static.
#include "core/quant/qdq.h"

#include "core/quant/method.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

std::vector<std::string> Types() {
  std::vector<std::string> types;
  for (const RuleDef& rule : RuleRegistry::Get().all()) {
    if (rule.qdq != nullptr) types.emplace_back(rule.op_type);
  }
  return types;
}

}  // namespace

QUANTAB_REGISTER(quant_methods, qdq) {
  r.Add({.name = "QDQ", .types = Types, .needs_ranges = true, .quantize = QuantizeQdq});
}

}  // namespace quantab
