// Rewrites for running only: quantized patterns of the file become operators that run on 8-bit
// kernels. Nothing of it is ever written to a file.
//
// The lowered model keeps the inputs, outputs and their names; values between them may go. Its
// results agree with the file's within one quantization step of each rewritten operator.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/lower/lower_graph.h"
#include "core/onnx/model.h"

namespace quantab {

// The domain of the operators that only lowering makes.
inline constexpr const char* kLowerDomain = "quantab";

// One rewrite of the main graph, in a file of its own that shows it before and after.
struct LowerPass {
  std::string_view name;
  void (*run)(LowerGraph& graph);
};

// All of them, in the order they run.
std::span<const LowerPass> LowerPasses();

// Runs every pass but those named in `skip` on `model`, which must have its functions inlined.
// Nodes that nobody needs any more are removed.
void Lower(Model& model, std::span<const std::string_view> skip = {});

void EliminateIdentity(LowerGraph& graph);
void SinkDequantize(LowerGraph& graph);
void FoldByteFunction(LowerGraph& graph);
void LowerQdqConv(LowerGraph& graph);
void LowerQdqMatMul(LowerGraph& graph);
void LowerQdqElementwise(LowerGraph& graph);
void LowerQdqConcat(LowerGraph& graph);
void LowerQdqPool(LowerGraph& graph);
void LowerQdqBatchNormalization(LowerGraph& graph);
void EliminateRequantize(LowerGraph& graph);
void FoldLookup(LowerGraph& graph);
void LowerDynamicMatMul(LowerGraph& graph);
void LowerDynamicConv(LowerGraph& graph);
void FoldBatchNormalization(LowerGraph& graph);
void FuseAttention(LowerGraph& graph);
void FuseActivation(LowerGraph& graph);
void FuseMatMulBias(LowerGraph& graph);
void FuseClamp(LowerGraph& graph);
void ChannelsLast(LowerGraph& graph);
void FuseResidual(LowerGraph& graph);
void ShareRange(LowerGraph& graph);

}  // namespace quantab
