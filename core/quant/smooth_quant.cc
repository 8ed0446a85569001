#include "core/quant/smooth_quant.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/sort_nodes.h"
#include "core/quant/fold_factors.h"
#include "core/quant/linear_layers.h"
#include "core/tensor/shape.h"

namespace quantab {
namespace {

constexpr float kSmallest = 1e-5F;  // of a weight's magnitude, and of a factor

class Smoother {
 public:
  Smoother(Model& model, const SmoothOptions& options, std::vector<std::string>& added)
      : edit_(model), options_(options), added_(added) {}

  void Run(const std::map<std::string, std::vector<float>>& maxima,
           const std::function<bool(const onnx::NodeProto&)>& wanted, Monitor* monitor) {
    std::map<std::string, std::vector<LinearLayer>> readers;
    for (LinearLayer& layer : FindLinearLayers(edit_, wanted)) {
      readers[layer.input].push_back(std::move(layer));
    }
    uint64_t done = 0;
    for (const auto& [activation, layers] : readers) {
      Report(monitor, "prepare", done++, readers.size());
      const auto found = maxima.find(activation);
      if (found != maxima.end()) Smooth(activation, layers, found->second);
    }
    Report(monitor, "prepare", readers.size(), readers.size());
    edit_.Finish();
  }

 private:
  void Smooth(const std::string& activation, std::vector<LinearLayer> layers,
              const std::vector<float>& maxima) {
    for (LinearLayer& layer : layers) {
      layer.weight = layer.node->input(layer.weight_index());  // another may have scaled it since
      if (layer.in_channels != static_cast<int64_t>(maxima.size()) ||
          layer.activation_axis != layers[0].activation_axis) {
        return;
      }
    }
    const std::vector<float> factors = FactorsOf(layers, maxima);
    if (std::all_of(factors.begin(), factors.end(), [](float s) { return s == 1; })) return;
    DivideActivation(activation, layers, factors);
    for (const LinearLayer& layer : layers) MultiplyWeight(layer, factors);
  }

  std::vector<float> FactorsOf(const std::vector<LinearLayer>& layers,
                               const std::vector<float>& maxima) {
    std::vector<float> weights(maxima.size(), 0.0F);
    for (const LinearLayer& layer : layers) {
      const onnx::TensorProto& tensor = *edit_.Initializer(layer.weight);
      ForEachWeightRun(layer, ShapeOf(tensor), *BytesOf(edit_.model(), tensor),
                       [&](int64_t in, int64_t, std::span<const float> run) {
                         float& largest = weights[static_cast<size_t>(in)];
                         for (float x : run) largest = std::max(largest, std::fabs(x));
                       });
    }
    std::vector<float> factors(maxima.size(), 1.0F);
    for (size_t i = 0; i < factors.size(); ++i) {
      // A channel that was never seen, or that nothing reads, stays as it is.
      if (!(maxima[i] > 0 && weights[i] > 0)) continue;
      const double weight = std::pow(static_cast<double>(weights[i]), 1 - options_.alpha);
      const double activation = std::pow(static_cast<double>(maxima[i]), options_.alpha);
      const double factor = activation / std::max(weight, double{kSmallest});
      if (std::isfinite(factor)) factors[i] = std::max(static_cast<float>(factor), kSmallest);
    }
    return factors;
  }

  void DivideActivation(const std::string& activation, const std::vector<LinearLayer>& layers,
                        const std::vector<float>& factors) {
    std::vector<float> inverse(factors.size());
    std::transform(factors.begin(), factors.end(), inverse.begin(), [](float s) { return 1 / s; });
    const bool alone = edit_.CountReaders(activation) == layers.size();
    if (options_.folding && alone &&
        FoldFactors(edit_, activation, layers[0].activation_axis, inverse)) {
      return;
    }
    Shape dims = {static_cast<int64_t>(factors.size())};
    if (layers[0].activation_axis == 1) {
      const int rank = edit_.Initializer(layers[0].weight)->dims_size();
      dims.insert(dims.end(), static_cast<size_t>(rank - 2), 1);
    }
    const std::string scale = edit_.FreshValue(activation + "_smooth_scale");
    const std::string output = edit_.FreshValue(activation + "_smooth_output");
    edit_.AddInitializer(FloatParameter(scale, dims, inverse));
    for (const LinearLayer& layer : layers) edit_.ReplaceInput(*layer.node, activation, output);
    added_.push_back(activation + "_smooth_mul");
    edit_.AddNode("Mul", {activation, scale}, {output}, added_.back());
  }

  // A weight that others read too is left to them.
  void MultiplyWeight(const LinearLayer& layer, const std::vector<float>& factors) {
    const onnx::TensorProto tensor = *edit_.Initializer(layer.weight);
    const Shape shape = ShapeOf(tensor);
    ReplaceConstant(
        edit_, *layer.node, layer.weight_index(), "_smooth",
        ScaledBlob(BytesOf(edit_.model(), tensor), shape, layer.in_axis, layer.group, factors));
  }

  GraphEdit edit_;
  const SmoothOptions& options_;
  std::vector<std::string>& added_;
};

}  // namespace

std::map<std::string, int64_t> SmoothableActivations(
    const Model& model, const std::function<bool(const onnx::NodeProto&)>& wanted) {
  Model copy = model;
  GraphEdit edit(copy);
  return ActivationAxes(FindLinearLayers(edit, wanted));
}

std::vector<std::string> SmoothActivations(
    Model& model, const std::map<std::string, std::vector<float>>& maxima,
    const SmoothOptions& options, const std::function<bool(const onnx::NodeProto&)>& wanted,
    Monitor* monitor) {
  if (!(options.alpha >= 0 && options.alpha <= 1)) {
    ThrowInvalidArgument("'smooth_quant_alpha' is " + std::to_string(options.alpha) +
                         ", expected a number from 0 to 1.");
  }
  std::vector<std::string> added;
  Smoother(model, options, added).Run(maxima, wanted, monitor);
  if (!added.empty()) SortNodes(*model.proto.mutable_graph());
  return added;
}

}  // namespace quantab
