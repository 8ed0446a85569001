// What the QNN execution provider needs of single tensors, as overrides.
#pragma once

#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// Adds to options.tensor_quant_overrides, for `nodes` of the main graph of `model` in their order,
// where `weight_symmetric` is set:
//   Sigmoid             its 16-bit output has the scale 1/65536 (int16: 1/32768), zero point 0
//   Tanh                its 16-bit output has the scale 1/32768, zero point 32768 (int16: 0)
//   MatMul              a constant beside an activation of 16 bits gets weight_type, if that has 8
//                       bits; with per_channel, which QNN lacks for it, every constant that has no
//                       override does
//   LayerNormalization  as MatMul; nothing with per_channel
// A constant whose override says something else keeps it, with a warning.
void AddQnnOverrides(const Model& model, const std::vector<const onnx::NodeProto*>& nodes,
                     StaticOptions& options, Monitor* monitor = nullptr);

}  // namespace quantab
