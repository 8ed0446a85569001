// The configuration "qdq", ONNX Runtime's get_qdq_config: the whole model in integers.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// uint8 activations, int8 weights; operators that only move data are quantized everywhere.
StaticOptions QdqConfigDefaults();

// Sets op_types_to_quantize, where it is empty, to all of the model's operators but Cast, and
// use_qdq_contrib_ops where there are types of 4 bits before operator set 21.
StaticOptions QdqConfig(const Model& model, StaticOptions options, Monitor* monitor);

}  // namespace quantab
