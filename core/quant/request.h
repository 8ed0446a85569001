// What a quantization method is asked to do.
#pragma once

#include "core/base/monitor.h"
#include "core/calib/tensor_ranges.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"
#include "core/quant/select.h"

namespace quantab {

struct QuantRequest {
  // The float model, prepared: see PrepareModel.
  const Model& model;
  // quantize_dynamic's options are a subset; DynamicRequestOptions translates them.
  const StaticOptions& options;
  const Selection& selection;
  // The activations' ranges; empty for methods that need none.
  const TensorRanges& ranges;
  Monitor* monitor = nullptr;
};

}  // namespace quantab
