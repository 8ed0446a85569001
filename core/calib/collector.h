// Watches a session and keeps a statistic of each tensor that is wanted: no activation is stored,
// and samples may differ in shape.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/calib/method.h"
#include "core/calib/tensor_ranges.h"
#include "core/exec/session.h"

namespace quantab {

class Collector final : public Observer {
 public:
  // Watches the float32 values named in `tensors`. Throws Error(kInvalidArgument) for an unknown
  // method or settings out of range.
  Collector(std::string_view method, const CalibSettings& settings, std::set<std::string> tensors);

  bool Wants(const std::string& value) override { return tensors_.contains(value); }
  void OnTensor(const std::string& value, const Tensor& tensor) override;

  // The ranges of the tensors that had elements.
  TensorRanges Ranges() const;

 private:
  const CalibMethodDef* method_;
  CalibSettings settings_;
  std::set<std::string> tensors_;
  std::map<std::string, std::unique_ptr<RangeStatistic>> statistics_;
};

}  // namespace quantab
