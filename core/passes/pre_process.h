// What makes a model fit for quantization: quant_pre_process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/passes/options.h"

namespace quantab {

struct PreProcessed {
  Model model;
  std::vector<std::pair<std::string, int>> changes;  // passes that changed something, how often
};

// The model with fixed dimensions, converted to options.opset_version, with inferred types and
// shapes, folded and fused. Inputs and outputs keep their names. Shapes that cannot be inferred
// stay unknown. Throws Error(kInvalidArgument) for a dimension, an input or a pass that does not
// exist or a shape that contradicts the model, Error(kUnsupported) for a conversion that is not
// possible.
PreProcessed PreProcess(const Model& model, const PreProcessOptions& options,
                        Monitor* monitor = nullptr);

}  // namespace quantab
