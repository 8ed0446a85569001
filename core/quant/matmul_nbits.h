// Weight-only quantization in blocks: onnxruntime's MatMulNBitsQuantizer with its own algorithm.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/matmul_nbits_options.h"
#include "core/quant/weight_only.h"

namespace quantab {

// Constant weights of MatMul become 2, 4 or 8 bits with a scale, and a zero point unless
// options.is_symmetric, for each block of a column; activations stay as they are. With the names
// of ONNX Runtime's quantizer and its results to the bit. In all graphs, those inside nodes too.
// A weight is a constant of float32 or float16 and of rank 2, or of a higher one whose leading
// dimensions are 1; others, and those with elements that are not finite, stay in float. For QDQ,
// and for Gather's tables, an operator set below 21 is converted to 21.
// The result shares the source's weights and computes quantized ones when they are read; only their
// scales and zero points are in memory. Throws Error(kInvalidArgument) for options that are wrong
// or name what is not there, Error(kUnsupported) where the operator set cannot be converted.
// With `only`, of what the options ask for, and of the main graph, those nodes alone.
Model QuantizeMatMulNBits(const Model& model, const MatMulNBitsOptions& options = {},
                          Monitor* monitor = nullptr, const OnlyNodes& only = {});

// The nodes of the main graph that the options ask for and whose weight is constant; some may turn
// out to stay in float. Throws Error(kInvalidArgument) for options that name what is not there.
std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model,
                                                  const MatMulNBitsOptions& options);

}  // namespace quantab
