// Running the quantizers in tests.
#pragma once

#include <string>

#include "core/quant/prepare.h"
#include "core/quant/quantization.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {

class Warnings final : public Monitor {
 public:
  void OnLog(LogLevel, std::string_view message) override { text += std::string(message) + "\n"; }
  bool Mention(const std::string& words) const { return text.find(words) != std::string::npos; }
  std::string text;
};

inline Model Dynamic(const Model& model, const DynamicOptions& options = {},
                     Monitor* monitor = nullptr) {
  return Quantization(model, ToStaticOptions(options), monitor).Run({}, monitor);
}

// With the same range for every tensor but those in `without`.
inline Model Static(const Model& model, const StaticOptions& options = {},
                    Monitor* monitor = nullptr, const std::set<std::string>& without = {}) {
  const Quantization quantization(model, options, monitor);
  TensorRanges ranges;
  for (const std::string& name : quantization.TensorsToCalibrate()) {
    if (!without.contains(name)) ranges.ranges[name] = {-2, 3};
  }
  return quantization.Run(ranges, monitor);
}

}  // namespace quantab
