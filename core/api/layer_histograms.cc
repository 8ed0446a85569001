#include "core/api/layer_histograms.h"

#include "core/base/error.h"

namespace quantab {

LayerHistograms::LayerHistograms(const Model& reference, const Model& quantized,
                                 const std::vector<std::string>& names, int bins, Monitor* monitor)
    : comparer_(Guard([&] {
        return std::make_unique<HistogramComparer>(reference, quantized, names, bins, monitor);
      })) {}
LayerHistograms::~LayerHistograms() = default;
LayerHistograms::LayerHistograms(LayerHistograms&&) noexcept = default;

int LayerHistograms::passes() const { return comparer_->passes(); }

void LayerHistograms::Add(const TensorMap& sample) {
  Guard([&] { comparer_->Add(sample); });
}

bool LayerHistograms::NextPass() {
  return Guard([&] { return comparer_->NextPass(); });
}

std::vector<LayerHistogram> LayerHistograms::Result() const {
  return Guard([&] { return comparer_->Result(); });
}

}  // namespace quantab
