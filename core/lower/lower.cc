#include "core/lower/lower.h"

#include <algorithm>

namespace quantab {
namespace {

constexpr LowerPass kPasses[] = {
    {"eliminate_identity", EliminateIdentity},
    {"sink_dequantize", SinkDequantize},
    {"fold_byte_function", FoldByteFunction},
    {"lower_qdq_conv", LowerQdqConv},
    {"lower_qdq_matmul", LowerQdqMatMul},
    {"lower_qdq_elementwise", LowerQdqElementwise},
    {"lower_qdq_concat", LowerQdqConcat},
    {"lower_qdq_pool", LowerQdqPool},
    {"lower_qdq_batch_normalization", LowerQdqBatchNormalization},
    {"eliminate_requantize", EliminateRequantize},
    {"fold_lookup", FoldLookup},
    {"lower_dynamic_matmul", LowerDynamicMatMul},
    {"lower_dynamic_conv", LowerDynamicConv},
    {"fold_batch_normalization", FoldBatchNormalization},
    {"fuse_attention", FuseAttention},
    {"fuse_activation", FuseActivation},
    {"fuse_matmul_bias", FuseMatMulBias},
    {"fuse_clamp", FuseClamp},
    {"channels_last", ChannelsLast},
    {"fuse_residual", FuseResidual},
    {"share_range", ShareRange},
};

void Import(onnx::ModelProto& model, const std::string& domain) {
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (opset.domain() == domain) return;
  }
  onnx::OperatorSetIdProto* opset = model.add_opset_import();
  opset->set_domain(domain);
  opset->set_version(1);
}

}  // namespace

std::span<const LowerPass> LowerPasses() { return kPasses; }

void Lower(Model& model, std::span<const std::string_view> skip) {
  LowerGraph graph(model);
  for (const LowerPass& pass : kPasses) {
    if (std::find(skip.begin(), skip.end(), pass.name) != skip.end()) continue;
    pass.run(graph);
  }
  graph.Finish();
  Import(model.proto, "com.microsoft");
  Import(model.proto, kLowerDomain);
}

}  // namespace quantab
