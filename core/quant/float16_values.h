// Constants in float16: streams that are clamped and rounded while they are read.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

// The magnitudes that constants are clamped to.
struct HalfLimits {
  float min_positive = 5.96e-8f;
  float max_finite = 65504.0f;
};

struct ClampCounts {
  uint64_t small = 0;
  uint64_t large = 0;
};

// The float16 elements of `source` (float32), computed whenever they are read: (0, min) becomes
// min and what is finite beyond max becomes max, the same below zero; then half to even. Zeros, NaN
// and infinities stay.
BlobPtr HalfBlob(BlobPtr source, HalfLimits limits);

// Converts constants of one model and counts what is clamped, which reads each once.
class HalfConstants {
 public:
  HalfConstants(Model& model, HalfLimits limits, Monitor* monitor)
      : model_(model), limits_(limits), monitor_(monitor) {}

  // `tensor` belongs to the model. Does nothing to one that is not float32.
  void Convert(onnx::TensorProto& tensor);

  // A float16 tensor of numbers that are an attribute.
  onnx::TensorProto FromNumbers(const std::vector<float>& values, const Shape& shape);

  const ClampCounts& counts() const { return counts_; }

 private:
  Model& model_;
  HalfLimits limits_;
  Monitor* monitor_;
  ClampCounts counts_;
};

}  // namespace quantab
