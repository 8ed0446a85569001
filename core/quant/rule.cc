#include "core/quant/rule.h"

namespace quantab {

void RegisterAll_rules(RuleRegistry& r);

const RuleRegistry& RuleRegistry::Get() {
  static const RuleRegistry registry = [] {
    RuleRegistry r;
    RegisterAll_rules(r);
    return r;
  }();
  return registry;
}

const RuleDef* RuleRegistry::Find(const onnx::NodeProto& node) const {
  const std::string_view named = node.domain();
  const std::string_view domain = named == "ai.onnx" ? "" : named;
  for (const RuleDef& def : defs_) {
    if (def.op_type == node.op_type() && def.domain == domain) return &def;
  }
  return nullptr;
}

}  // namespace quantab
