// Puts a BatchNormalization into the weights in front of it.
//   before:  Conv, ConvTranspose, Gemm or MatMul -> BatchNormalization -> y
//   after:   the same with other weights and a bias (MatMul becomes Gemm) -> y
// Needs: inference mode; constant finite parameters and weights; a bias that is constant or absent;
// nobody else reads between them; matrices have two dimensions, so that their columns are the
// channels.
#include <cmath>

#include "core/graph/graph_edit.h"
#include "core/passes/channel_affine.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool IsInference(const PatternGraph& graph, int i) {
  const onnx::NodeProto& node = graph.node(i);
  for (int k = 1; k < node.output_size(); ++k) {
    if (!node.output(k).empty()) return false;
  }
  return IntAttribute(node, "training_mode", 0) == 0 && IntAttribute(node, "spatial", 1) != 0;
}

bool Fuse(PatternGraph& graph, int i) {
  const auto linear = MatchLinear(graph, i);
  if (!linear) return false;
  const int norm = graph.OnlyReaderOf(i);
  if (!graph.Is(norm, "BatchNormalization") || !IsInference(graph, norm)) return false;
  std::vector<double> parameters[4];  // scale, B, mean, var
  for (int k = 0; k < 4; ++k) {
    const std::string& name = graph.Input(norm, k + 1);
    const onnx::TensorProto* tensor = graph.Constant(name);
    if (tensor == nullptr || tensor->dims_size() != 1 || tensor->dims(0) != linear->channels) {
      return false;
    }
    auto values = graph.AlongAxis(name, 1, 0, linear->channels);
    if (!values) return false;
    parameters[k] = std::move(*values);
  }
  auto& [scale, offset, mean, variance] = parameters;
  const double epsilon = static_cast<double>(FloatAttribute(graph.node(norm), "epsilon", 1e-5f));
  const auto round = [&](double value) { return RoundStep(linear->type, value); };
  ChannelAffine affine;
  for (size_t c = 0; c < scale.size(); ++c) {
    affine.shift.push_back(-mean[c]);
    affine.factor.push_back(round(scale[c] / round(std::sqrt(round(variance[c] + epsilon)))));
    affine.offset.push_back(offset[c]);
    if (!std::isfinite(affine.factor.back())) return false;
  }
  return FoldAffine(graph, *linear, norm, affine);
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_conv_batch_normalization) {
  r.Add({.name = "fuse_conv_batch_normalization",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
