// Runs a Conv between DequantizeLinear and QuantizeLinear on bytes.
//   before:  q_x -> DQ, q_w -> DQ, q_b -> DQ -> Conv (-> Relu or Clip) -> Q(s, z) -> y
//   after:   QLinearConv(q_x, q_w, q_b) (-> QLinearUnary) -> y
// or, where no QuantizeLinear follows,
//   before:  ... -> Conv -> y
//   after:   quantab.ConvIntegerToFloat(q_x, q_w) -> y
// Needs: constant weights with one scale or one for each output channel, a constant int32 bias, and
// nobody else reading between Conv and Q. The activation goes where Q's saturation does the same.
#include "core/lower/activation_range.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

struct Match {
  Dequantized x;
  DequantizedConstant w;
  Tensor bias;  // int32, or absent
};

std::optional<Match> MatchConv(LowerGraph& graph, int i) {
  if (!graph.Is(i, "Conv")) return std::nullopt;
  const onnx::NodeProto& conv = graph.node(i);
  const auto x = graph.DequantizedFrom(InputOf(conv, 0));
  const auto w = graph.DequantizedFromConstant(InputOf(conv, 1));
  if (!x || !w || w->dtype == DType::kInt32) return std::nullopt;
  if (w->scales.count() != 1 && w->axis != 0) return std::nullopt;
  const std::optional<Shape> weights = graph.ConstantShape(w->value);
  if (!weights || weights->size() < 3) return std::nullopt;
  const int64_t channels = (*weights)[0];
  if (w->scales.count() != 1 && w->scales.count() != channels) return std::nullopt;
  const std::string bias = InputOf(conv, 2);
  std::optional<Bias> in_scale = BiasInScale(graph, bias, x->by.scale_value, w->scales, channels);
  if (!in_scale) return std::nullopt;
  return Match{*x, *w, in_scale->values};
}

void ToFloat(LowerGraph& graph, int i, const Match& m) {
  onnx::NodeProto conv = graph.node(i);
  Tensor scale(DType::kFloat, m.w.scales.shape());
  for (int64_t at = 0; at < scale.count(); ++at) {
    scale.mutable_data<float>()[at] = m.x.by.scale_value * m.w.scales.data<float>()[at];
  }
  // The bias stays as the file has it: a small tensor, dequantized on each run.
  const std::string bias = InputOf(conv, 2);
  const std::string y = OutputOf(conv, 0);
  conv.clear_input();
  for (const std::string& input : {m.x.value, m.w.value, m.x.by.zero, m.w.zero,
                                   graph.AddConstant(y + "_scale", scale), bias}) {
    conv.add_input(input);
  }
  conv.set_op_type("ConvIntegerToFloat");
  conv.set_domain(kLowerDomain);
  graph.Replace(i, std::move(conv));
}

}  // namespace

void LowerQdqConv(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    const std::optional<Match> m = MatchConv(graph, i);
    if (!m) continue;
    const onnx::NodeProto conv = graph.node(i);
    const std::optional<QuantizedEnd> end = FindQuantizedEnd(graph, i);
    if (!end) {
      ToFloat(graph, i, *m);
      continue;
    }
    const std::string bias =
        m->bias.exists() ? graph.AddConstant(OutputOf(conv, 0) + "_bias", m->bias) : "";
    onnx::NodeProto lowered = MakeNode("QLinearConv", "", conv.name(),
                                       {m->x.value, m->x.by.scale, m->x.by.zero, m->w.value,
                                        m->w.scale, m->w.zero, end->by.scale, end->by.zero, bias},
                                       OutputOf(conv, 0));
    if (m->w.zero.empty()) {
      Tensor zero(m->w.dtype, {});
      zero.mutable_raw()[0] = std::byte{0};
      lowered.set_input(5, graph.AddConstant(OutputOf(conv, 0) + "_weight_zero_point", zero));
    }
    *lowered.mutable_attribute() = conv.attribute();
    FinishQuantized(graph, *end, std::move(lowered));
  }
}

}  // namespace quantab
