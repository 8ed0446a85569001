// Comparer: two models, the same samples, one set of error figures per output.
#include <utility>

#include "core/api/quantab.h"
#include "core/eval/accumulator.h"

namespace quantab {

struct Comparer::Impl {
  Session a, b;
  OutputAccumulator accumulator;
  Monitor* monitor;
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

void Comparer::Add(const TensorMap& sample) {
  Guard([&] {
    QuietMonitor quiet(impl_->monitor);
    const TensorMap reference = impl_->a.Run(sample, nullptr, &quiet);
    const TensorMap test = impl_->b.Run(sample, nullptr, &quiet);
    impl_->accumulator.Add(reference, test);
  });
}

Comparison Comparer::Result() const {
  return Guard([&] {
    if (impl_->accumulator.samples() == 0) {
      ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    }
    Comparison comparison;
    comparison.samples = impl_->accumulator.samples();
    for (OutputMetrics& output : impl_->accumulator.Result()) {
      comparison.outputs.push_back({.name = std::move(output.name),
                                    .elements = output.elements,
                                    .metrics = std::move(output.values)});
    }
    return comparison;
  });
}

}  // namespace quantab
