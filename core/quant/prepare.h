// What is done to a float model before any quantization: an operator set the result can be written
// in, and inferred types.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// A copy of `model` with inferred types in value_info. Operator sets below 10, which lack
// QuantizeLinear, are converted to 11, as ONNX Runtime's quantizers do; 10 too for dynamic
// quantization, since it lacks DynamicQuantizeLinear, and where biases stay in float, since ONNX
// Runtime then needs Round to run the result on integers. For QDQ with per_channel,
// those below 13, whose DequantizeLinear has no axis, are converted to 13; where that is impossible
// `options` loses per_channel, with a warning.
// Throws Error(kUnsupported) for a model that uses no ai.onnx operators or cannot be converted,
// Error(kInvalidModel) for one that imports ai.onnx twice.
Model PrepareModel(const Model& model, StaticOptions& options, Monitor* monitor = nullptr);

// Adds the inferred types and shapes of the main graph's values to its value_info. Subgraphs are
// left as they are: they are not quantized, and runtimes may refuse what is declared in them.
void InferMainGraph(Model& model, Monitor* monitor = nullptr);

// The static options that quantize_dynamic's mean: uint8 activations.
StaticOptions ToStaticOptions(const DynamicOptions& options);

}  // namespace quantab
