// One quantization, from options to model, without running anything: calibration is the caller's.
//
//   Quantization quantization(model, options);
//   ... run quantization.model() on samples, watching quantization.TensorsToCalibrate() ...
//   Model quantized = quantization.Run(ranges);
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/calib/tensor_ranges.h"
#include "core/quant/method.h"

namespace quantab {

class Quantization {
 public:
  // Checks the options against the model and prepares it. Throws Error(kInvalidArgument) for
  // options that are wrong, that go badly together or that name what is not there; otherwise as
  // PrepareModel.
  Quantization(const Model& model, const StaticOptions& options, Monitor* monitor = nullptr);

  // Whether Run needs ranges.
  bool NeedsRanges() const { return method_->needs_ranges; }

  // The float model as it will be quantized: its operator set may differ from the source's.
  const Model& model() const { return model_; }

  // The values of model() whose ranges matter: inputs and outputs of the operators to be quantized.
  // Some may be of another type than float32; they need no range.
  std::set<std::string> TensorsToCalibrate() const;

  // Leaves the nodes of model() that make one of `values` in float. Returns whether there is still
  // a node to be quantized.
  bool LeaveInFloat(const std::vector<std::string>& values);

  // For QDQ: which values of the main graph are quantized as activations, and for each the one
  // whose parameters it gets: itself; what it is a rearrangement of; or, where a Relu or Clip is
  // merged into the node that makes it, the result of that. Overrides of others have no effect.
  std::unordered_map<std::string, std::string> ActivationSources(const TensorRanges& ranges) const;

  // The quantized model. It shares the source's weights and computes quantized ones when they are
  // read. A tensor without a range stays in float, with a warning.
  Model Run(const TensorRanges& ranges, Monitor* monitor = nullptr) const;

 private:
  StaticOptions options_;
  const QuantMethodDef* method_;
  Selection selection_;
  Model model_;
  onnx::GraphProto declared_;  // the value_info of the source
};

}  // namespace quantab
