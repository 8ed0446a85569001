// One metric over all outputs of a model, as one number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/eval/metric.h"
#include "core/tensor/tensor.h"

namespace quantab {

// A sample's outputs as float64, without those that are not numbers: made once, compared with what
// many models make.
class OutputNumbers {
 public:
  // Throws Error(kUnsupported) for types that are no real numbers.
  explicit OutputNumbers(const TensorMap& outputs);

  struct Output {
    std::vector<double> numbers;
    Shape shape;
    bool is_float = false;
  };
  const std::map<std::string, Output>& outputs() const { return outputs_; }

 private:
  std::map<std::string, Output> outputs_;
};

// The metric of each output over all samples; of them the worst counts.
class OutputFigure {
 public:
  explicit OutputFigure(const MetricDef& metric) : metric_(&metric) {}

  // An output that `test` lacks is the reference's. Throws Error(kInvalidArgument) for one of
  // another shape.
  void Add(const OutputNumbers& reference, const TensorMap& test, std::optional<int64_t> label);

  // Nothing where the metric applies to no output. NaN, which is worse than any number, where it is
  // that of an output.
  std::optional<double> Value() const;

  // The largest |a - b| over all outputs; NaN where one is.
  double max_abs_error() const { return max_abs_error_; }

 private:
  void AddPair(const std::string& name, const OutputPair& pair);

  const MetricDef* metric_;
  std::map<std::string, std::unique_ptr<Metric>> metrics_;  // by output
  double max_abs_error_ = 0;
};

// Whether `a` is a worse value of `metric` than `b`; NaN is the worst.
bool IsWorse(const MetricDef& metric, double a, double b);

}  // namespace quantab
