#include "core/eval/layer_comparer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/eval/as_written.h"
#include "core/eval/error_sums.h"
#include "core/eval/feeds.h"
#include "core/eval/layer_region.h"
#include "core/eval/match_values.h"
#include "core/eval/weight_figures.h"
#include "core/exec/session.h"

namespace quantab {
namespace {

void AddErrors(ErrorSums& sums, const Tensor& reference, const Tensor& test) {
  const Tensor a = AsFloat32(reference);
  const Tensor b = AsFloat32(test);
  if (!a.exists() || !b.exists() || a.shape() != b.shape()) return;
  sums.Add(a.span<float>(), b.span<float>());
}

// One matched value, and the layer that makes it.
struct Layer {
  MatchedValue value;
  std::optional<LayerRegion> region;
  std::optional<Session> session;  // of the region, made for the first sample
  ErrorSums accumulated, own;
};

// The larger the sooner in the list; infinite errors come first, layers without one last.
double OwnBadness(const LayerFigures& figures) {
  constexpr double kLeast = std::numeric_limits<double>::lowest();
  if (!figures.own) return kLeast;
  const double sqnr = figures.own->sqnr_db;
  return std::isnan(sqnr) ? std::numeric_limits<double>::infinity() : std::max(-sqnr, kLeast / 2);
}

// What lives as long as the comparer.
struct Models {
  std::vector<Layer> layers;
  std::unordered_map<std::string, size_t> by_name, by_target;
  std::unordered_map<std::string, int> readers;  // regions that a float value is fed to
  std::optional<Session> reference, quantized;
};

// Keeps what the quantized model makes until it is taken.
class Made final : public Observer {
 public:
  explicit Made(const Models& models) : models_(models) {}
  bool Wants(const std::string& value) override { return models_.by_target.contains(value); }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    tensors_[value] = tensor;
  }
  // One that does not exist when there is none.
  Tensor Take(const std::string& value) {
    const auto found = tensors_.extract(value);
    return found ? found.mapped() : Tensor();
  }
  bool Has(const std::string& value) const { return tensors_.contains(value); }

 private:
  const Models& models_;
  std::unordered_map<std::string, Tensor> tensors_;
};

// Both models' runs on one sample: observes the float model and advances the other.
class SideBySide final : public Observer {
 public:
  SideBySide(Models& models, const TensorMap& sample, Monitor* monitor)
      : models_(models),
        monitor_(monitor),
        readers_(models.readers),
        made_(models),
        feeds_(FeedsFor(models.quantized->inputs(), sample)),
        run_(models.quantized->Start(feeds_, &made_, monitor)) {}

  // Returns the most bytes of activations that were held.
  uint64_t Run(const TensorMap& sample) {
    models_.reference->Run(FeedsFor(models_.reference->inputs(), sample), this, monitor_);
    while (run_.Advance()) {
    }
    return models_.reference->stats().peak_activation_bytes +
           models_.quantized->stats().peak_activation_bytes + layer_peak_;
  }

  bool Wants(const std::string& value) override {
    return models_.by_name.contains(value) || readers_.contains(value);
  }

  void OnTensor(const std::string& value, const Tensor& tensor) override {
    const auto found = models_.by_name.find(value);
    if (found == models_.by_name.end()) {
      if (readers_.contains(value)) held_[value] = tensor;
      return;
    }
    Layer& layer = models_.layers[found->second];
    while (!made_.Has(layer.value.target) && run_.Advance()) {
    }
    const Tensor made = made_.Take(layer.value.target);
    AddErrors(layer.accumulated, tensor, made);
    if (readers_.contains(value)) {
      held_[value] = made.exists() ? InPrecision(made.dtype(), tensor) : tensor;
    }
    if (!layer.region) return;
    RunAlone(layer, tensor);
    for (const auto& [input, name] : layer.region->feeds) {
      if (--readers_[name] == 0) held_.erase(name);
    }
  }

 private:
  void RunAlone(Layer& layer, const Tensor& reference) {
    TensorMap feeds;
    for (const auto& [input, name] : layer.region->feeds) {
      const auto found = held_.find(name);
      if (found == held_.end()) return;
      feeds[input] = found->second;
    }
    if (!layer.session) {
      onnx::GraphProto& graph = *layer.region->model.proto.mutable_graph();
      for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        input.mutable_type()->mutable_tensor_type()->set_elem_type(
            static_cast<int32_t>(feeds[input.name()].dtype()));
      }
      layer.session.emplace(layer.region->model, AsWritten(monitor_));
      layer.region->model = Model();
    }
    const TensorMap outputs = layer.session->Run(feeds, nullptr, monitor_);
    AddErrors(layer.own, reference, outputs.at(layer.value.target));
    layer_peak_ = std::max(layer_peak_, layer.session->stats().peak_activation_bytes);
    layer.session->DropMemory();
  }

  Models& models_;
  Monitor* monitor_;
  std::unordered_map<std::string, int> readers_;  // those that have not run yet
  std::unordered_map<std::string, Tensor> held_;
  Made made_;
  const TensorMap feeds_;
  SteppedRun run_;
  uint64_t layer_peak_ = 0;
};

}  // namespace

struct LayerComparer::Impl {
  Impl(const Model& reference, const Model& quantized, Monitor* listener)
      : monitor(listener), quiet(listener) {
    const Model floats = WithoutFunctions(reference);
    const Model integers = WithoutFunctions(quantized);
    weights = CompareWeights(floats, integers, listener);
    const MatchedModel matched = MatchValues(floats, integers);
    SessionOptions options = AsWritten(&quiet);
    AddLayers(matched, options);
    models.quantized.emplace(matched.model, options);
    // All of them, so that nothing waits for a value that the float model does not make.
    options.also_make.clear();
    for (const Layer& layer : models.layers) options.also_make.push_back(layer.value.name);
    models.reference.emplace(floats, options);
  }

  void AddLayers(const MatchedModel& matched, SessionOptions& options) {
    const GraphView view(matched.model.proto.graph());
    for (size_t i = 0; i < matched.values.size(); ++i) {
      CheckCancelled(monitor);
      Layer layer;
      layer.value = matched.values[i];
      layer.region = FindRegion(matched, view, i);
      models.by_name.emplace(layer.value.name, i);
      models.by_target.emplace(layer.value.target, i);
      options.also_make.push_back(layer.value.target);
      if (layer.region) {
        for (const auto& [input, name] : layer.region->feeds) ++models.readers[name];
      }
      models.layers.push_back(std::move(layer));
    }
  }

  Monitor* monitor;
  QuietMonitor quiet;
  std::vector<WeightFigures> weights;
  Models models;
  int samples = 0;
  uint64_t peak = 0;
};

LayerComparer::LayerComparer(const Model& reference, const Model& quantized, Monitor* monitor)
    : impl_(std::make_unique<Impl>(reference, quantized, monitor)) {}
LayerComparer::~LayerComparer() = default;

void LayerComparer::Add(const TensorMap& sample) {
  SideBySide runs(impl_->models, sample, &impl_->quiet);
  impl_->peak = std::max(impl_->peak, runs.Run(sample));
  ++impl_->samples;
}

LayerReport LayerComparer::Result() const {
  LayerReport report;
  report.samples = impl_->samples;
  report.weights = impl_->weights;
  report.peak_activation_bytes = impl_->peak;
  for (const Layer& layer : impl_->models.layers) {
    if (layer.accumulated.count() == 0) continue;
    LayerFigures figures;
    figures.name = layer.value.name;
    figures.nodes = layer.value.nodes;
    figures.op_type = layer.value.op_type;
    figures.elements = static_cast<int64_t>(layer.accumulated.count());
    figures.min = layer.accumulated.reference_min();
    figures.max = layer.accumulated.reference_max();
    figures.accumulated = layer.accumulated.Figures();
    if (layer.own.count() > 0) figures.own = layer.own.Figures();
    report.layers.push_back(std::move(figures));
  }
  std::stable_sort(
      report.layers.begin(), report.layers.end(),
      [](const LayerFigures& a, const LayerFigures& b) { return OwnBadness(a) > OwnBadness(b); });
  return report;
}

}  // namespace quantab
