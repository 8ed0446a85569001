#include "core/api/layer_report.h"

#include "core/base/error.h"
#include "core/eval/layer_comparer.h"

namespace quantab {

struct LayerReporter::Impl {
  LayerComparer comparer;
};

LayerReporter::LayerReporter(const Model& reference, const Model& quantized, Monitor* monitor)
    : impl_(Guard([&] {
        return std::unique_ptr<Impl>(
            new Impl{.comparer = LayerComparer(reference, quantized, monitor)});
      })) {}
LayerReporter::~LayerReporter() = default;
LayerReporter::LayerReporter(LayerReporter&&) noexcept = default;

void LayerReporter::Add(const TensorMap& sample) {
  Guard([&] { impl_->comparer.Add(sample); });
}

LayerReport LayerReporter::Result() const {
  return Guard([&] {
    LayerReport report = impl_->comparer.Result();
    if (report.samples == 0) {
      ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    }
    if (report.layers.empty()) {
      ThrowInvalidArgument(
          "No float value of the first model has a counterpart in the second. Compare a float "
          "model with what was made of it.");
    }
    return report;
  });
}

}  // namespace quantab
