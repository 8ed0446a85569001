#include "core/calib/method.h"

#include <string>

#include "core/base/error.h"

namespace quantab {

void RegisterAll_calib_methods(CalibMethodRegistry& r);

const CalibMethodRegistry& CalibMethodRegistry::Get() {
  static const CalibMethodRegistry registry = [] {
    CalibMethodRegistry r;
    RegisterAll_calib_methods(r);
    return r;
  }();
  return registry;
}

const CalibMethodDef& CalibMethodRegistry::Find(std::string_view name) const {
  std::string known;
  for (const CalibMethodDef& def : defs_) {
    if (def.name == name) return def;
    known += (known.empty() ? "'" : ", '") + std::string(def.name) + "'";
  }
  ThrowInvalidArgument("There is no calibration method '" + std::string(name) + "'. Choose " +
                       known + ".");
}

}  // namespace quantab
