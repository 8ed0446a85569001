// Calibration methods: how the range of an activation follows from what it was in each sample. A
// method is one file in calib/methods/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/calib/tensor_ranges.h"
#include "core/tensor/tensor.h"

namespace quantab {

// onnxruntime's Calib* extra options, and what its calibrators take beside them.
struct CalibSettings {
  bool symmetric = false;             // CalibTensorRangeSymmetric
  bool moving_average = false;        // CalibMovingAverage
  double averaging_constant = 0.01;   // CalibMovingAverageConstant
  std::optional<int64_t> chunk = {};  // CalibStridedMinMax: samples in a collection; unset: all
  double percentile = 99.999;         // CalibPercentile
  std::optional<int64_t> num_bins = {};
  int64_t num_quantized_bins = 128;
  std::string scenario = "same";
  bool per_channel = false;
};

// What a method remembers of one tensor. Its size does not depend on the number of samples.
class RangeStatistic {
 public:
  virtual ~RangeStatistic() = default;
  // The tensor (float32) as it was in one sample. Elements that are NaN are ignored.
  virtual void Add(const Tensor& tensor) = 0;
  // Nothing when no element was seen.
  virtual std::optional<TensorRange> Range() const = 0;
};

struct CalibMethodDef {
  std::string_view name;  // onnxruntime's name: "MinMax"
  std::unique_ptr<RangeStatistic> (*make)(const CalibSettings& settings) = nullptr;
};

class CalibMethodRegistry {
 public:
  // The registry with every method of calib/methods/; made once.
  static const CalibMethodRegistry& Get();

  void Add(CalibMethodDef def) { defs_.push_back(def); }
  // Throws Error(kInvalidArgument) that lists the methods there are.
  const CalibMethodDef& Find(std::string_view name) const;
  const std::vector<CalibMethodDef>& all() const { return defs_; }

 private:
  std::vector<CalibMethodDef> defs_;
};

template <>
struct RegistryType<struct calib_methods_tag> {
  using type = CalibMethodRegistry;
};

}  // namespace quantab
