#include "core/eval/output_figure.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/eval/accumulator.h"

namespace quantab {

OutputNumbers::OutputNumbers(const TensorMap& outputs) {
  for (const auto& [name, tensor] : outputs) {
    if (tensor.dtype() == DType::kString) continue;
    outputs_[name] = {ToDoubles(tensor), tensor.shape(), IsFloat(tensor.dtype())};
  }
}

void OutputFigure::Add(const OutputNumbers& reference, const TensorMap& test,
                       std::optional<int64_t> label) {
  for (const auto& [name, output] : reference.outputs()) {
    OutputPair pair{.reference = output.numbers,
                    .test = output.numbers,
                    .shape = &output.shape,
                    .is_float = output.is_float,
                    .label = label};
    const auto found = test.find(name);
    if (found == test.end()) {
      AddPair(name, pair);
      continue;
    }
    if (found->second.shape() != output.shape) {
      Place place;
      place.tensor = name;
      ThrowInvalidArgument("Output '" + name + "' has shape " + ToString(output.shape) +
                               " in the float model and " + ToString(found->second.shape()) +
                               " once it is quantized, so the two cannot be compared. Take a model "
                               "without what chooses how many results there are.",
                           place);
    }
    const std::vector<double> numbers = ToDoubles(found->second);
    pair.test = numbers;
    AddPair(name, pair);
  }
}

void OutputFigure::AddPair(const std::string& name, const OutputPair& pair) {
  std::unique_ptr<Metric>& metric = metrics_[name];
  if (!metric) metric = metric_->make();
  metric->Add(pair);
  for (size_t i = 0; i < pair.reference.size(); ++i) {
    const double a = pair.reference[i];
    const double b = pair.test[i];
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    const double error = same ? 0 : std::fabs(a - b);
    if (std::isnan(error) || error > max_abs_error_) max_abs_error_ = error;
  }
}

std::optional<double> OutputFigure::Value() const {
  std::optional<double> worst;
  for (const auto& [name, metric] : metrics_) {
    const std::optional<double> value = metric->Value();
    if (value && (!worst || IsWorse(*metric_, *value, *worst))) worst = value;
  }
  return worst;
}

bool IsWorse(const MetricDef& metric, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  return metric.larger_is_better ? a < b : a > b;
}

}  // namespace quantab
