#include "core/quant/method.h"

#include <string>

#include "core/base/error.h"

namespace quantab {

void RegisterAll_quant_methods(QuantMethodRegistry& r);

const QuantMethodRegistry& QuantMethodRegistry::Get() {
  static const QuantMethodRegistry registry = [] {
    QuantMethodRegistry r;
    RegisterAll_quant_methods(r);
    return r;
  }();
  return registry;
}

const QuantMethodDef& QuantMethodRegistry::Find(std::string_view name) const {
  std::string known;
  for (const QuantMethodDef& def : defs_) {
    if (def.name == name) return def;
    if (def.needs_ranges) known += (known.empty() ? "'" : ", '") + std::string(def.name) + "'";
  }
  ThrowInvalidArgument("There is no 'quant_format' named '" + std::string(name) + "'. Choose " +
                       known + ".");
}

}  // namespace quantab
