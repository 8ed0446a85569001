// The first half of reading: takes the large payloads out of a model's bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

// Whether a payload of `bytes` bytes is kept outside the skeleton. Integers of 32 and 64 bits may
// be shapes, which shape inference has to see, so they stay inside up to 64 KB.
bool ShouldDetach(DType dtype, uint64_t bytes);

// Makes `tensor` refer to weights[index], dropping payload, data_location and external_data.
void ReferToWeight(onnx::TensorProto& tensor, size_t index);

struct DetachedModel {
  std::string skeleton;  // serialized ModelProto
  std::vector<Weight> weights;
};

// Walks the file once. Payloads are neither read nor kept; everything else is copied as it is.
// Throws Error(kInvalidModel) for bytes that are no ONNX model (a foreign format is named), for
// truncation, and for a location that pretends to be detached.
DetachedModel Detach(const std::shared_ptr<const ByteSource>& source, Monitor* monitor);

}  // namespace quantab
