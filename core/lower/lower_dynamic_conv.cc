// Lets a dynamically quantized convolution leave as float directly.
//   before:  DynamicQuantizeLinear(x) -> q, s, z;  ConvInteger(q, w, z, u) -> Cast -> Mul(s * t)
//            (-> Add(Reshape(b, [1,-1,1,1]))) -> y
//   after:   DynamicQuantizeLinear(x) -> q, s, z;  quantab.ConvIntegerToFloat(q, w, z, u, s * t, b)
//   -> y
// Needs: constant w, t, u, b; one scale t, or one for each output channel.
#include "core/lower/dynamic_scale.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

// A 1-D constant of `channels` values that `bias`, [1,C,1,...], is made of; empty when there is
// none.
std::string ChannelBias(LowerGraph& graph, const std::string& bias, int64_t channels, int rank) {
  std::string source = bias;
  const int reshape = graph.Producer(bias);
  bool by_channel = false;
  if (graph.Is(reshape, "Reshape")) {
    source = InputOf(graph.node(reshape), 0);
    const std::optional<Tensor> shape = graph.Constant(InputOf(graph.node(reshape), 1));
    if (!shape || shape->dtype() != DType::kInt64 || shape->count() != rank) return "";
    by_channel = true;
    for (int i = 0; i < rank; ++i) {
      const int64_t dim = shape->data<int64_t>()[i];
      by_channel = by_channel && (i == 1 ? dim == -1 || dim == channels : dim == 1);
    }
  }
  const std::optional<Tensor> values = graph.Constant(source);
  if (!values || values->dtype() != DType::kFloat || values->count() != channels) return "";
  if (reshape < 0) {
    Shape expected(static_cast<size_t>(rank), 1);
    expected[1] = channels;
    by_channel = values->shape() == expected;
  }
  return by_channel ? source : "";
}

}  // namespace

void LowerDynamicConv(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "ConvInteger")) continue;
    const onnx::NodeProto conv = graph.node(i);
    std::optional<DynamicTail> tail = FindDynamicTail(graph, i, 0, 2);
    if (!tail) continue;
    const std::optional<Shape> weights = graph.ConstantShape(InputOf(conv, 1));
    const std::optional<Tensor> scale = graph.Constant(tail->b_scale);
    if (!weights || !scale || static_cast<int>(weights->size()) < 3) continue;
    const int64_t channels = (*weights)[0];
    // A scale by channel has the shape [C,1,...], which broadcasts over the result. One of more
    // dimensions than the result would give it as many.
    const int rank = static_cast<int>(weights->size());
    const bool fits = scale->count() == 1
                          ? scale->rank() <= rank
                          : scale->count() == channels && scale->rank() > 1 &&
                                scale->rank() == rank - 1 && scale->dim(0) == channels;
    if (!fits || scale->dtype() != DType::kFloat) continue;
    if (!tail->bias.empty()) {
      tail->bias = ChannelBias(graph, tail->bias, channels, rank);
      if (tail->bias.empty()) tail->DropBias(graph, i);
    }
    onnx::NodeProto lowered = MakeNode("ConvIntegerToFloat", kLowerDomain, conv.name(),
                                       {InputOf(conv, 0), InputOf(conv, 1), InputOf(conv, 2),
                                        InputOf(conv, 3), tail->scale, tail->bias},
                                       OutputOf(graph.node(tail->last), 0));
    *lowered.mutable_attribute() = conv.attribute();
    graph.Replace(tail->last, std::move(lowered));
  }
}

}  // namespace quantab
