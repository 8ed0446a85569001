#include "core/eval/reference_outputs.h"

namespace quantab {

TensorMap ReferenceOutputs::Of(size_t index, Session& session, const TensorMap& sample,
                               Monitor* monitor) {
  if (index < kept_.size()) return kept_[index];
  TensorMap outputs = session.Run(sample, nullptr, monitor);
  uint64_t bytes = 0;
  for (const auto& [name, tensor] : outputs) bytes += tensor.bytes();
  full_ = full_ || bytes > budget_;
  if (full_) return outputs;
  budget_ -= bytes;
  kept_.push_back(outputs);
  return outputs;
}

}  // namespace quantab
