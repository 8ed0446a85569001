// Calibration methods: how the range of an activation follows from what it was in each sample. A
// method is one file in calib/methods/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/calib/statistic_bytes.h"
#include "core/calib/tensor_ranges.h"
#include "core/tensor/tensor.h"

namespace quantab {

// onnxruntime's Calib* extra options, and what its calibrators take beside them.
struct CalibSettings {
  // CalibTensorRangeSymmetric; unset: as the method does by itself, which for Percentile is true
  std::optional<bool> symmetric = {};
  bool moving_average = false;           // CalibMovingAverage
  double averaging_constant = 0.01;      // CalibMovingAverageConstant
  std::optional<int64_t> chunk = {};     // CalibStridedMinMax: samples in a collection; unset: all
  double percentile = 99.999;            // CalibPercentile
  std::optional<int64_t> num_bins = {};  // of a histogram; unset: as many as the method likes
  int64_t num_quantized_bins = 128;
  std::string scenario = "same";
  bool per_channel = false;
};

// What a method remembers of one tensor. Its size does not depend on the number of elements.
//
// A method that wants two passes over the samples is shown all of them by Look, then by Add. It
// can do with Add alone, where samples can be had only once.
class RangeStatistic {
 public:
  virtual ~RangeStatistic() = default;
  // The tensor (float32) as it was in one sample, in the first pass of two.
  virtual void Look(const Tensor& tensor) { (void)tensor; }
  // The same in the last pass. Elements that are not finite are ignored. Throws
  // Error(kInvalidArgument) when its shape does not go with those before.
  virtual void Add(const Tensor& tensor) = 0;
  // Nothing when no finite element was seen.
  virtual std::optional<TensorRange> Range() const = 0;

  // Samples may be shared out to several statistics of the same settings. What one has seen by Look
  // or by Add since it was made, or since the last call, as bytes; it forgets that. What Look saw
  // is forgotten by TakeLooks only.
  virtual void TakeLooks(StatisticWriter& out) { (void)out; }
  virtual void TakeAdds(StatisticWriter& out) = 0;
  // Takes in what another one saw. When it was taken after each sample, and comes in their order,
  // all is as if this one had seen them; and of what Add saw of histograms in any case, if Look has
  // seen the same samples on both sides. Throws Error(kInvalidArgument) for other bytes.
  virtual void MergeLooks(StatisticReader& in) { (void)in; }
  virtual void MergeAdds(StatisticReader& in) = 0;

  // Infinite elements that Add saw.
  uint64_t infinities() const { return infinities_; }

 protected:
  uint64_t infinities_ = 0;
};

struct CalibMethodDef {
  std::string_view name;  // onnxruntime's name: "MinMax"
  int passes = 1;         // over the samples, for onnxruntime's result: 1 or 2
  std::unique_ptr<RangeStatistic> (*make)(const CalibSettings& settings) = nullptr;
  // Throws Error(kInvalidArgument) for settings that CheckCalibSettings passes but the method
  // cannot work with; absent: none.
  void (*check)(const CalibSettings& settings) = nullptr;
};

// Throws Error(kInvalidArgument), naming the option, for a setting outside of what it can be
// whatever the method.
void CheckCalibSettings(const CalibSettings& settings);

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
