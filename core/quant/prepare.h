// What is done to a float model before any quantization: an operator set the result can be written
// in, and inferred types.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// A copy of `model` with inferred types in value_info and an operator set the result can be written
// in. As ONNX Runtime's quantizers do, operator sets below 10, which lack QuantizeLinear, are
// converted to 11; below 19 to 19 for float8; below 21 to 21 for types of 16 bits and for blocks.
// Beyond them: 10 is converted to 11 for dynamic quantization, since it lacks
// DynamicQuantizeLinear, and where biases stay in float, since ONNX Runtime then needs Round to run
// the result on integers; for QDQ, below 13 to 13 with per_channel, since DequantizeLinear has no
// axis before, and below 19 to 19 for float16 models, since scales are float32 before. Where a
// model cannot be converted, `options` lose per_channel or gain use_qdq_contrib_ops, with a
// warning. Throws Error(kUnsupported) for a model that uses no ai.onnx operators or that cannot be
// converted and has no such way out, Error(kInvalidModel) for one that imports ai.onnx twice.
Model PrepareModel(const Model& model, StaticOptions& options, Monitor* monitor = nullptr);

// Whether QDQ takes QuantizeLinear and DequantizeLinear from com.microsoft: where the options say
// so, and for types of 4 and 16 bits below operator set 21.
bool UsesContribOps(const StaticOptions& options, int64_t opset);

// Adds the inferred types and shapes of the main graph's values to its value_info. Subgraphs are
// left as they are: they are not quantized, and runtimes may refuse what is declared in them.
void InferMainGraph(Model& model, Monitor* monitor = nullptr);

// The static options that quantize_dynamic's mean: uint8 activations.
StaticOptions ToStaticOptions(const DynamicOptions& options);

}  // namespace quantab
