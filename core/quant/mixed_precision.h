// Mixed precision: what else must change where some activations get another type.
#pragma once

#include "core/onnx/model.h"
#include "core/quant/quant_type.h"
#include "core/quant/tensor_quant_overrides.h"

namespace quantab {

// `overrides` give some activations of `model` another type than `default_activation_type`. The
// result gives that type to all float inputs and outputs of the nodes that make or read them, and
// conversions where a node of one type meets a node of the other; it is what ONNX Runtime's
// MixedPrecisionTensorQuantOverridesFixer makes. `activation_symmetric` is the symmetry of
// activations without an override. Readers are named in conversions, so nodes around them need
// names. Throws Error(kInvalidArgument) where a tensor would have two types, where a reader has no
// name, and as CheckOverrides.
TensorQuantOverrides FixMixedPrecision(const Model& model, TensorQuantOverrides overrides,
                                       QuantType default_activation_type,
                                       bool activation_symmetric);

}  // namespace quantab
