#include "core/passes/pass.h"

namespace quantab {

void RegisterAll_passes(PassRegistry& r);

const PassRegistry& PassRegistry::Get() {
  static const PassRegistry registry = [] {
    PassRegistry r;
    RegisterAll_passes(r);
    return r;
  }();
  return registry;
}

}  // namespace quantab
