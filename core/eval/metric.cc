#include "core/eval/metric.h"

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

}  // namespace quantab
