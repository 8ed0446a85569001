#include "core/calib/method.h"

#include <string>

#include "core/base/error.h"
#include "core/calib/histogram_statistic.h"

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

namespace {

template <class Number>
[[noreturn]] void Reject(const std::string& option, Number value, const std::string& expected) {
  ThrowInvalidArgument("'" + option + "' is " + std::to_string(value) + ", expected " + expected +
                       ".");
}

}  // namespace

void CheckCalibSettings(const CalibSettings& settings) {
  // Negated, so that NaN is rejected too.
  if (!(settings.averaging_constant >= 0 && settings.averaging_constant <= 1)) {
    Reject("calib_moving_average_constant", settings.averaging_constant, "a number from 0 to 1");
  }
  if (settings.chunk.value_or(1) < 1) {
    Reject("calib_strided_min_max", *settings.chunk, "a number of samples, at least 1");
  }
  if (!(settings.percentile >= 0 && settings.percentile <= 100)) {
    Reject("calib_percentile", settings.percentile, "a number from 0 to 100");
  }
  const std::string bins = "a number from 1 to " + std::to_string(kMostCalibBins);
  const int64_t num_bins = settings.num_bins.value_or(1);
  if (num_bins < 1 || num_bins > kMostCalibBins) Reject("calib_num_bins", num_bins, bins);
  if (settings.num_quantized_bins < 1 || settings.num_quantized_bins > kMostCalibBins) {
    Reject("calib_num_quantized_bins", settings.num_quantized_bins, bins);
  }
  if (settings.scenario != "same" && settings.scenario != "p3") {
    ThrowInvalidArgument("'calib_scenario' is '" + settings.scenario +
                         "', expected 'same' or 'p3'.");
  }
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
