#include "core/eval/metric.h"

#include <string>

#include "core/base/error.h"

namespace quantab {

void RegisterAll_metrics(MetricRegistry& r);

const MetricRegistry& MetricRegistry::Get() {
  static const MetricRegistry registry = [] {
    MetricRegistry r;
    RegisterAll_metrics(r);
    return r;
  }();
  return registry;
}

const MetricDef& MetricRegistry::Find(std::string_view name) const {
  std::string known;
  for (const MetricDef& def : defs_) {
    if (def.name == name) return def;
    known += (known.empty() ? "'" : ", '") + std::string(def.name) + "'";
  }
  ThrowInvalidArgument("'metric' is '" + std::string(name) + "', expected one of " + known + ".");
}

}  // namespace quantab
