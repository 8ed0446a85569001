// Puts a BatchNormalization into the convolution in front of it.
//   before:  Conv(x, w, b) -> BatchNormalization(s, o, m, v) -> y
//   after:   Conv(x, w * k, (b - m) * k + o) -> y,  k = s / sqrt(v + epsilon)
//   before:  quantab.ConvIntegerToFloat(q, w, z, u, t, b) -> BatchNormalization(s, o, m, v) -> y
//   after:   quantab.ConvIntegerToFloat(q, w, z, u, t * k, (b - m) * k + o) -> y
// Needs: inference; constants of float32, w of Conv and b (or none) among them; nobody else reads
// between them. Results differ by roundings.
#include <array>
#include <cmath>

#include "core/lower/inference_normalization.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

// y = x * factor + offset for each channel.
struct Affine {
  Tensor factor, offset;
};

// A constant float32 vector.
std::optional<Tensor> Vector(const LowerGraph& graph, const std::string& value, int64_t count) {
  if (graph.ConstantShape(value) != Shape{count} || graph.TypeOfValue(value) != DType::kFloat) {
    return std::nullopt;
  }
  return graph.Constant(value);
}

// What BatchNormalization `i` makes of `channels` channels with `bias`, empty for none, before it.
std::optional<Affine> AffineOf(const LowerGraph& graph, int i, int64_t channels,
                               const std::string& bias) {
  const onnx::NodeProto& node = graph.node(i);
  std::array<Tensor, 4> parameters;  // scale, B, mean, var
  for (int k = 0; k < 4; ++k) {
    const std::optional<Tensor> values = Vector(graph, InputOf(node, k + 1), channels);
    if (!values) return std::nullopt;
    parameters[static_cast<size_t>(k)] = *values;
  }
  const std::optional<Tensor> before = bias.empty() ? Tensor() : Vector(graph, bias, channels);
  if (!before) return std::nullopt;
  const auto& [scale, offset, mean, variance] = parameters;
  const double epsilon = static_cast<double>(FloatAttribute(node, "epsilon", 1e-5F));
  Affine affine = {Tensor(DType::kFloat, {channels}), Tensor(DType::kFloat, {channels})};
  for (int64_t c = 0; c < channels; ++c) {
    const auto at = [c](const Tensor& t) { return static_cast<double>(t.data<float>()[c]); };
    const double factor = at(scale) / std::sqrt(at(variance) + epsilon);
    const double start = before->exists() ? at(*before) : 0;
    affine.factor.mutable_data<float>()[c] = static_cast<float>(factor);
    affine.offset.mutable_data<float>()[c] =
        static_cast<float>((start - at(mean)) * factor + at(offset));
    if (!std::isfinite(affine.factor.data<float>()[c])) return std::nullopt;
  }
  return affine;
}

// Weights [channels,...], each channel times its factor.
Tensor Scaled(const Tensor& weights, const Tensor& factor) {
  Tensor scaled(DType::kFloat, weights.shape());
  const int64_t count = factor.count() == 0 ? 0 : weights.count() / factor.count();
  const float* from = weights.data<float>();
  float* to = scaled.mutable_data<float>();
  for (int64_t c = 0; c < factor.count(); ++c) {
    for (int64_t at = 0; at < count; ++at) *to++ = *from++ * factor.data<float>()[c];
  }
  return scaled;
}

// The inputs of a convolution that are not its first.
struct Inputs {
  int weights, bias;
  int scale;  // -1 where the weights are float
};

std::optional<Inputs> InputsOf(const LowerGraph& graph, int i) {
  if (graph.Is(i, "Conv")) return Inputs{1, 2, -1};
  const onnx::NodeProto& node = graph.node(i);
  if (node.domain() == kLowerDomain && node.op_type() == "ConvIntegerToFloat") {
    return Inputs{1, 5, 4};
  }
  return std::nullopt;
}

void Fold(LowerGraph& graph, int i) {
  const std::optional<Inputs> at = InputsOf(graph, i);
  const int norm = at ? graph.OnlyReader(i) : -1;
  if (!graph.Is(norm, "BatchNormalization") || !IsInference(graph.node(norm)) ||
      InputOf(graph.node(norm), 0) != OutputOf(graph.node(i), 0)) {
    return;
  }
  onnx::NodeProto conv = graph.node(i);
  const std::string weights = InputOf(conv, at->weights);
  const std::optional<Shape> shape = graph.ConstantShape(weights);
  if (!shape || shape->size() < 3) return;
  if (at->scale < 0 && graph.TypeOfValue(weights) != DType::kFloat) return;
  const int64_t channels = (*shape)[0];
  const std::optional<Affine> affine = AffineOf(graph, norm, channels, InputOf(conv, at->bias));
  if (!affine) return;
  const std::string y = OutputOf(graph.node(norm), 0);
  if (at->scale < 0) {
    const std::optional<Tensor> values = graph.Constant(weights);
    if (!values) return;
    conv.set_input(at->weights, graph.AddConstant(y + "_weights", Scaled(*values, affine->factor)));
  } else {
    Shape by_channel(shape->size() - 1, 1);
    by_channel[0] = channels;
    const std::string factor =
        graph.AddConstant(y + "_factor", affine->factor.Reshaped(by_channel));
    const std::string scale = graph.NewName(y + "_scale");
    graph.Add(MakeNode("Mul", "", scale, {InputOf(conv, at->scale), factor}, scale));
    conv.set_input(at->scale, scale);
  }
  while (conv.input_size() <= at->bias) conv.add_input("");
  conv.set_input(at->bias, graph.AddConstant(y + "_bias", affine->offset));
  conv.set_output(0, y);
  graph.Replace(norm, std::move(conv));
}

}  // namespace

void FoldBatchNormalization(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) Fold(graph, i);
}

}  // namespace quantab
