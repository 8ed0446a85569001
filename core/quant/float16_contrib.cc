// The operators of ONNX Runtime's own that compute in float16 too. What is not here, or of an
// unknown domain, is left in float32.
#include <algorithm>
#include <iterator>

#include "core/quant/float16_types.h"

namespace quantab {
namespace {

constexpr HalfContribOp kHalfContribOps[] = {
    {.op_type = "Attention"},
    {.op_type = "BiasAdd"},
    {.op_type = "BiasDropout"},
    {.op_type = "BiasGelu"},
    {.op_type = "BiasSoftmax"},
    {.op_type = "BiasSplitGelu"},
    {.op_type = "CausalConvWithState"},
    {.op_type = "ComplexMul"},
    {.op_type = "ComplexMulConj"},
    {.op_type = "DecoderMaskedMultiHeadAttention"},
    {.op_type = "DecoderMaskedSelfAttention"},
    {.op_type = "EmbedLayerNormalization", .other_outputs = 0b10},
    {.op_type = "FastGelu"},
    {.op_type = "FusedConv"},
    {.op_type = "FusedGemm"},
    {.op_type = "FusedMatMul"},
    {.op_type = "FusedMatMulActivation"},
    {.op_type = "GatedRelativePositionBias"},
    {.op_type = "GatherBlockQuantized"},
    {.op_type = "Gelu"},
    {.op_type = "GridSample"},
    {.op_type = "GroupNorm", .float_inputs = 0b110},
    {.op_type = "GroupQueryAttention"},
    {.op_type = "Inverse"},
    {.op_type = "Irfft"},
    {.op_type = "LayerNormalization", .float_outputs = 0b110},
    {.op_type = "LongformerAttention"},
    {.op_type = "MatMulBnb4"},
    {.op_type = "MatMulNBits"},
    {.op_type = "MoE"},
    {.op_type = "MultiHeadAttention"},
    {.op_type = "NhwcConv"},
    {.op_type = "NhwcFusedConv"},
    {.op_type = "PackedAttention"},
    {.op_type = "PackedMultiHeadAttention"},
    {.op_type = "QuickGelu"},
    {.op_type = "RelativePositionBias"},
    {.op_type = "RemovePadding", .other_outputs = 0b1110},
    {.op_type = "RestorePadding"},
    {.op_type = "Rfft"},
    {.op_type = "RotaryEmbedding"},
    {.op_type = "SimplifiedLayerNormalization", .float_outputs = 0b10},
    {.op_type = "SkipGroupNorm", .float_inputs = 0b110},
    {.op_type = "SkipLayerNormalization", .float_outputs = 0b110},
    {.op_type = "SkipSimplifiedLayerNormalization", .float_outputs = 0b110},
    {.op_type = "SparseAttention"},
    {.op_type = "TransposeMatMul"},
    {.op_type = "Trilu"},
};

}  // namespace

const HalfContribOp* FindHalfContribOp(const onnx::NodeProto& node) {
  // ONNX Runtime has the normalizations in ai.onnx too, in operator sets older than ONNX's own.
  const std::string domain = CanonicalDomain(node.domain());
  const bool normalization =
      node.op_type() == "LayerNormalization" || node.op_type() == "SimplifiedLayerNormalization";
  if (domain != "com.microsoft" && !(domain.empty() && normalization)) return nullptr;
  const auto* found =
      std::find_if(std::begin(kHalfContribOps), std::end(kHalfContribOps),
                   [&](const HalfContribOp& op) { return op.op_type == node.op_type(); });
  return found == std::end(kHalfContribOps) ? nullptr : found;
}

}  // namespace quantab
