// Weight-only quantization in float4: onnxruntime's MatMulBnb4Quantizer.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/matmul_bnb4_options.h"
#include "core/quant/weight_only.h"

namespace quantab {

// MatMuls whose second input is a constant matrix of float32 or float16 become MatMulBnb4, with the
// names of ONNX Runtime's quantizer and its results to the bit, in all graphs, those inside nodes
// too. Weights with elements that are not finite stay in float. The result shares the source's
// weights and computes quantized ones when they are read. Throws Error(kInvalidArgument) for
// options that are wrong or name what is not there. With `only`, of what the options ask for, and
// of the main graph, those nodes alone.
Model QuantizeMatMulBnb4(const Model& model, const MatMulBnb4Options& options = {},
                         Monitor* monitor = nullptr, const OnlyNodes& only = {});

// As for MatMulNBits.
std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model,
                                                  const MatMulBnb4Options& options);

}  // namespace quantab
