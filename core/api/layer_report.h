// Which layers of a quantized model are how far from the float model's, and whose fault it is.
#pragma once

#include <memory>

#include "core/base/monitor.h"
#include "core/eval/layer_figures.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// Sample by sample:
//
//   LayerReporter reporter(model, quantized);
//   for (const TensorMap& sample : samples) reporter.Add(sample);
//   LayerReport report = reporter.Result();
//
// Values and weights are matched by name, as onnxruntime's qdq_loss_debug does
// (create_activation_matching, create_weight_matching); the signal to noise ratio is its
// compute_signal_to_quantization_noice_ratio, but infinite where nothing differs. Weights that are
// quantized alone (MatMulNBits, ...) are found by the nodes that read them. Of what a model calls
// functions for, the bodies count. Values that have another shape in the quantized model are passed
// over.
//
// The two models run side by side, as their files say. Held at a time is what a run of each has
// alive at the same point, beside one layer's own run and both models' weights: it does not grow
// with the number of layers or samples. Weights are read in pieces.
class LayerReporter {
 public:
  // `reference` is the float model; `quantized` was made of it. Reports the weights as "prepare".
  // Throws Error(kUnsupported) for a model that cannot be run, Error(kCancelled).
  LayerReporter(const Model& reference, const Model& quantized, Monitor* monitor = nullptr);
  ~LayerReporter();
  LayerReporter(LayerReporter&&) noexcept;

  // Reports no progress: the caller knows how many samples there are. Throws
  // Error(kInvalidArgument) for a sample that does not fit the inputs.
  void Add(const TensorMap& sample);

  // Throws Error(kInvalidArgument) when there was no sample, and when no float value has a
  // counterpart: the models are not two forms of one.
  LayerReport Result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
