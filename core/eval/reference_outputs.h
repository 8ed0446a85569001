// The float model's outputs, sample by sample: kept up to a budget, else computed anew.
#pragma once

#include <cstdint>
#include <vector>

#include "core/exec/session.h"
#include "core/tensor/tensor.h"

namespace quantab {

class ReferenceOutputs {
 public:
  explicit ReferenceOutputs(uint64_t budget) : budget_(budget) {}

  // Those of sample `index`. Samples come in their order, in each pass over them.
  TensorMap Of(size_t index, Session& session, const TensorMap& sample, Monitor* monitor);

 private:
  std::vector<TensorMap> kept_;  // of the first samples
  uint64_t budget_;
  bool full_ = false;
};

}  // namespace quantab
