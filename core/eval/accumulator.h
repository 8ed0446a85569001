// All metrics of every output of a pair of models, fed sample by sample.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/eval/metric.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct OutputMetrics {
  std::string name;
  int64_t elements = 0;
  std::map<std::string, double> values;
};

class OutputAccumulator {
 public:
  // `order` gives the names of the outputs to compare, in the order of Result().
  explicit OutputAccumulator(std::vector<std::string> order);

  // Throws Error(kInvalidArgument) when an output is missing in `test` or has another shape there.
  // Outputs that are not numbers (strings) are passed over. `label` is the sample's class.
  void Add(const TensorMap& reference, const TensorMap& test, std::optional<int64_t> label = {});

  int samples() const { return samples_; }
  std::vector<OutputMetrics> Result() const;

 private:
  struct Entry {
    std::string name;
    int64_t elements = 0;
    std::vector<std::unique_ptr<Metric>> metrics;  // in the registry's order
  };
  std::vector<Entry> entries_;
  int samples_ = 0;
};

// The elements as float64. Throws Error(kUnsupported) for types that are no real numbers.
std::vector<double> ToDoubles(const Tensor& tensor);

}  // namespace quantab
