// Watches a session and keeps a statistic of each tensor that is wanted: no activation is stored,
// and samples may differ in shape.
//
//   Collector collector("Percentile", settings, tensors);
//   for (int pass = 1; pass <= collector.passes(); ++pass) {
//     collector.StartPass(pass);
//     ... run every sample, in the same order, with the collector as observer ...
//   }
//   TensorRanges ranges = collector.Ranges(monitor);
//
// Where samples can be had only once, StartPass is left out: histograms then grow with the samples,
// as they do in onnxruntime when collect_data is called with one sample at a time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/calib/method.h"
#include "core/calib/tensor_ranges.h"
#include "core/exec/session.h"

namespace quantab {

class Collector final : public Observer {
 public:
  // Watches the float32, float16 and bfloat16 values named in `tensors`. Throws
  // Error(kInvalidArgument) for an unknown method or settings out of range.
  Collector(std::string_view method, const CalibSettings& settings, std::set<std::string> tensors);

  // How often the method wants to see the samples.
  int passes() const { return method_->passes; }
  // Says that what comes now is pass `pass`, from 1 to passes(); the first forgets all that was
  // seen. Throws Error(kInvalidArgument) for another.
  void StartPass(int pass);

  bool Wants(const std::string& value) override { return tensors_.contains(value); }
  // Throws Error(kInvalidArgument), naming the value, when its shape does not go with those of
  // other samples.
  void OnTensor(const std::string& value, const Tensor& tensor) override;

  // Samples may be shared out to several collectors of the same settings (RangeStatistic's
  // TakeLooks and so on): what this one saw in this pass since it began, or since the last call,
  // which it forgets; and that of another, in the same pass. Throws Error(kInvalidArgument) for
  // other bytes.
  std::vector<std::byte> TakeStatistics();
  void MergeStatistics(std::span<const std::byte> bytes);

  // The ranges of the tensors that had finite elements. Warns `monitor` of infinite ones.
  TensorRanges Ranges(Monitor* monitor = nullptr) const;

 private:
  void WarnOfInfinities(Monitor* monitor) const;

  const CalibMethodDef* method_;
  CalibSettings settings_;
  std::set<std::string> tensors_;
  int pass_;
  std::map<std::string, std::unique_ptr<RangeStatistic>> statistics_;
};

}  // namespace quantab
