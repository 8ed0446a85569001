#include "core/eval/accumulator.h"

#include <utility>

#include "core/base/error.h"
#include "core/tensor/half.h"

namespace quantab {

std::vector<double> ToDoubles(const Tensor& given) {
  const Tensor tensor = IsHalf(given.dtype()) ? HalfToFloat(given) : given;
  std::vector<double> out(static_cast<size_t>(tensor.count()));
  const bool known = VisitArithmetic(tensor.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* in = tensor.data<T>();
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(in[i]);
  });
  if (!known) {
    ThrowUnsupported("Outputs of type '" + std::string(NameOf(tensor.dtype())) +
                     "' cannot be compared.");
  }
  return out;
}

OutputAccumulator::OutputAccumulator(std::vector<std::string> order) {
  for (std::string& name : order) {
    Entry entry{.name = std::move(name), .elements = 0, .metrics = {}};
    for (const MetricDef& def : MetricRegistry::Get().all()) entry.metrics.push_back(def.make());
    entries_.push_back(std::move(entry));
  }
}

void OutputAccumulator::Add(const TensorMap& reference, const TensorMap& test,
                            std::optional<int64_t> label) {
  for (Entry& entry : entries_) {
    const Tensor& a = reference.at(entry.name);
    const auto found = test.find(entry.name);
    if (found == test.end()) {
      Place place;
      place.tensor = entry.name;
      ThrowInvalidArgument("Output '" + entry.name +
                               "' is missing in the second model. Compare two forms of one model.",
                           place);
    }
    const Tensor& b = found->second;
    if (a.shape() != b.shape()) {
      Place place;
      place.tensor = entry.name;
      ThrowInvalidArgument("Output '" + entry.name + "' has shape " + ToString(a.shape()) +
                               " in the first model and " + ToString(b.shape()) +
                               " in the second. Compare two forms of one model.",
                           place);
    }
    if (a.dtype() == DType::kString || b.dtype() == DType::kString) continue;
    const std::vector<double> x = ToDoubles(a);
    const std::vector<double> y = ToDoubles(b);
    const OutputPair pair{.reference = x,
                          .test = y,
                          .shape = &a.shape(),
                          .is_float = IsFloat(a.dtype()),
                          .label = label};
    for (const std::unique_ptr<Metric>& metric : entry.metrics) metric->Add(pair);
    entry.elements += a.count();
  }
  ++samples_;
}

std::vector<OutputMetrics> OutputAccumulator::Result() const {
  std::vector<OutputMetrics> result;
  for (const Entry& entry : entries_) {
    OutputMetrics out{.name = entry.name, .elements = entry.elements, .values = {}};
    const std::vector<MetricDef>& defs = MetricRegistry::Get().all();
    for (size_t i = 0; i < defs.size(); ++i) {
      if (const std::optional<double> value = entry.metrics[i]->Value()) {
        out.values.emplace(defs[i].name, *value);
      }
    }
    result.push_back(std::move(out));
  }
  return result;
}

}  // namespace quantab
