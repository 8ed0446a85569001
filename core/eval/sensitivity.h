// Measures what it costs to quantize each node of a model alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/eval/sensitivity_figures.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct SensitivityCandidate {
  std::string node;
  std::string op_type;
  // The float model with this node quantized. Constants that are the same have the same names.
  std::function<Model()> quantized;
};

struct ScanLimits {
  // Bytes of weights, as they are in the float model, that candidates may hold together in a pass.
  uint64_t weight_budget = uint64_t{256} << 20;
  // Bytes of the float model's outputs that are kept from pass to pass. For the samples beyond them
  // the float model runs once more in each.
  uint64_t output_budget = uint64_t{64} << 20;
};

// The float model runs once for each sample of a pass. Of a candidate, only what depends on its
// node runs, on values that the float run makes: they are held until the last candidate that needs
// them has run. Candidates whose weights would be too many together wait for a further pass over
// the samples. Both run as their files say, with the same bits on every machine.
class SensitivityScan {
 public:
  // Throws Error(kInvalidArgument) for an unknown metric, Error(kUnsupported) for a model that
  // cannot be run. `monitor` (may be nullptr) is asked whether to stop.
  SensitivityScan(const Model& reference, std::vector<SensitivityCandidate> candidates,
                  const std::string& metric, const ScanLimits& limits, Monitor* monitor);
  ~SensitivityScan();

  // How often all samples have to be given, at most.
  static int64_t MostPasses(const Model& reference, size_t candidates, const ScanLimits& limits);

  // `label`: the sample's class. Throws Error(kInvalidArgument) for a sample that does not fit the
  // inputs and for outputs that cannot be compared.
  void Add(const TensorMap& sample, std::optional<int64_t> label);

  // Ends a pass. Returns whether there is another one.
  bool NextPass();

  // Throws Error(kInvalidArgument) where the metric applies to no output.
  SensitivityReport Result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
