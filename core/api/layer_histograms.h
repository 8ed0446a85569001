// How the values of chosen layers are spread, in the float model and in its quantized form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/eval/layer_histogram.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// Sample by sample:
//
//   LayerHistograms layers(model, quantized, {"relu_1", "conv_1.weight"});
//   do {
//     for (const TensorMap& sample : samples) layers.Add(sample);
//   } while (layers.NextPass());
//   std::vector<LayerHistogram> histograms = layers.Result();
//
// What has which name, what is held and what is thrown is as HistogramComparer says.
class LayerHistograms {
 public:
  // `reference` is the float model; `quantized` was made of it. Throws Error(kCancelled) too.
  LayerHistograms(const Model& reference, const Model& quantized,
                  const std::vector<std::string>& names, int bins = 64, Monitor* monitor = nullptr);
  ~LayerHistograms();
  LayerHistograms(LayerHistograms&&) noexcept;

  int passes() const;

  // Reports no progress: the caller knows how many samples there are.
  void Add(const TensorMap& sample);
  bool NextPass();
  std::vector<LayerHistogram> Result() const;

 private:
  std::unique_ptr<HistogramComparer> comparer_;
};

}  // namespace quantab
