// Comparer: two models, the same samples, one set of error figures per output.
#include <algorithm>
#include <utility>

#include "core/api/quantab.h"
#include "core/eval/accumulator.h"
#include "core/eval/feeds.h"

namespace quantab {

struct Comparer::Impl {
  Session a, b;
  OutputAccumulator accumulator;
  Monitor* monitor;
  int labels = 0;  // samples that have one
  int64_t largest_label = -1;

  void CheckLabels(const std::vector<OutputMetrics>& outputs) const {
    if (labels == 0) return;
    if (labels != accumulator.samples()) {
      ThrowInvalidArgument("There are " + std::to_string(accumulator.samples()) + " samples and " +
                           std::to_string(labels) + " labels. Give one label for each sample.");
    }
    const bool any = std::any_of(outputs.begin(), outputs.end(), [](const OutputMetrics& output) {
      return output.values.contains("top1_accuracy");
    });
    if (!any) {
      ThrowInvalidArgument(
          "No output has, for each sample, one row of scores that goes up to "
          "label " +
          std::to_string(largest_label) +
          ". Give the labels as indices of classes, counted from 0.");
    }
  }
};

Comparer::Comparer(const Model& a, const Model& b, Monitor* monitor) {
  impl_ = Guard([&] {
    SessionOptions options;
    options.monitor = monitor;
    Session first(a, options);
    Session second(b, options);
    std::vector<std::string> outputs = first.outputs();
    return std::make_unique<Impl>(Impl{.a = std::move(first),
                                       .b = std::move(second),
                                       .accumulator = OutputAccumulator(std::move(outputs)),
                                       .monitor = monitor});
  });
}

Comparer::~Comparer() = default;
Comparer::Comparer(Comparer&&) noexcept = default;

void Comparer::Add(const TensorMap& sample, std::optional<int64_t> label) {
  Guard([&] {
    if (label && *label < 0) {
      ThrowInvalidArgument("A label is " + std::to_string(*label) +
                           ", expected the index of a class, counted from 0.");
    }
    QuietMonitor quiet(impl_->monitor);
    const TensorMap reference = impl_->a.Run(FeedsFor(impl_->a.inputs(), sample), nullptr, &quiet);
    const TensorMap test = impl_->b.Run(FeedsFor(impl_->b.inputs(), sample), nullptr, &quiet);
    impl_->accumulator.Add(reference, test, label);
    if (!label) return;
    ++impl_->labels;
    impl_->largest_label = std::max(impl_->largest_label, *label);
  });
}

Comparison Comparer::Result() const {
  return Guard([&] {
    if (impl_->accumulator.samples() == 0) {
      ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    }
    Comparison comparison;
    comparison.samples = impl_->accumulator.samples();
    std::vector<OutputMetrics> outputs = impl_->accumulator.Result();
    impl_->CheckLabels(outputs);
    for (OutputMetrics& output : outputs) {
      comparison.outputs.push_back({.name = std::move(output.name),
                                    .elements = output.elements,
                                    .metrics = std::move(output.values)});
    }
    return comparison;
  });
}

}  // namespace quantab
