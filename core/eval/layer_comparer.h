// Runs a float model and its quantized form side by side, and compares what they make.
#pragma once

#include <memory>

#include "core/base/monitor.h"
#include "core/eval/layer_figures.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// Both models run as their files say. The float model leads; the quantized one is advanced to what
// stands for the value that was just made, the two are compared and let go. What a layer's own
// error needs of the float model is held until the last such layer has run. Held at a time is so
// what a run of each model has alive at that point, beside one layer's own run, however many layers
// there are: nothing is kept of a run but sums.
class LayerComparer {
 public:
  // `monitor` (may be nullptr) hears of weights and is asked whether to stop. Throws
  // Error(kUnsupported) for a model that cannot be run.
  LayerComparer(const Model& reference, const Model& quantized, Monitor* monitor);
  ~LayerComparer();

  // Throws Error(kInvalidArgument) for a sample that does not fit the inputs of both models.
  void Add(const TensorMap& sample);

  LayerReport Result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
