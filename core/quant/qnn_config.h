// The configuration "qnn", ONNX Runtime's get_qnn_qdq_config: for ONNX Runtime's QNN execution
// provider, which runs models on Qualcomm's processors.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// uint8 activations and weights; no range is narrower than 0.0001.
StaticOptions QnnConfigDefaults();

// Sets op_types_to_quantize, where it is empty, to all of the model's operators but Cast;
// weight_symmetric, where it is unset, by weight_type; use_qdq_contrib_ops where there are types of
// 4 or 16 bits before operator set 21. Adds to tensor_quant_overrides: conversions between types
// (FixMixedPrecision, unless add_qtype_converts is off), weight_type for constants of MatMul and
// LayerNormalization, and the scales that QNN wants of 16-bit Sigmoid and Tanh.
StaticOptions QnnConfig(const Model& model, StaticOptions options, Monitor* monitor);

}  // namespace quantab
