// Accuracy against labels, as the metrics of core/eval/metrics share it.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "core/eval/metric.h"

namespace quantab {

// Share of samples whose label is among the k largest elements of the output. It applies to outputs
// with one row of more than k scores for each sample, where each sample has a label that is an
// index into its row.
class TopKAccuracy final : public Metric {
 public:
  // `side`: the outputs it looks at.
  TopKAccuracy(size_t k, std::span<const double> OutputPair::* side) : k_(k), side_(side) {}

  void Add(const OutputPair& pair) override;
  std::optional<double> Value() const override;

 private:
  size_t k_;
  std::span<const double> OutputPair::* side_;
  bool applies_ = true;
  size_t samples_ = 0, right_ = 0;
};

// For MetricDef::make: of the model that is judged, and of the reference.
template <size_t k>
std::unique_ptr<Metric> MakeAccuracy() {
  return std::make_unique<TopKAccuracy>(k, &OutputPair::test);
}
template <size_t k>
std::unique_ptr<Metric> MakeReferenceAccuracy() {
  return std::make_unique<TopKAccuracy>(k, &OutputPair::reference);
}

}  // namespace quantab
