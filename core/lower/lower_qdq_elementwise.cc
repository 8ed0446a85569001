// Runs element-wise operators between DequantizeLinear and QuantizeLinear on bytes.
//   before:  q_a -> DQ, q_b -> DQ -> Add -> Q(s, z) -> y      (also Sub, Mul, Div)
//   after:   QLinearAdd(q_a, q_b) -> y
//   before:  q_x -> DQ -> Sigmoid -> Q(s, z) -> y             (any function of one element)
//   after:   quantab.QLinearUnary(q_x, op_type = Sigmoid) -> y
// Needs: one scale for each tensor; nobody else reads the result.
#include <algorithm>
#include <array>

#include "core/lower/lower.h"

namespace quantab {
namespace {

constexpr std::array<std::string_view, 29> kUnary = {
    "Abs",      "Atan",  "Ceil",        "Celu",      "Clip", "Cos",  "Elu",       "Erf",
    "Exp",      "Floor", "Gelu",        "HardSwish", "Log",  "Mish", "LeakyRelu", "Neg",
    "Relu",     "Round", "Reciprocal",  "Selu",      "Sign", "Sin",  "Sigmoid",   "Softplus",
    "Softsign", "Sqrt",  "HardSigmoid", "Swish",     "Tanh"};

void LowerUnary(LowerGraph& graph, int i) {
  const onnx::NodeProto op = graph.node(i);
  const auto x = graph.DequantizedFrom(InputOf(op, 0));
  if (!x) return;
  const int quantize = graph.OnlyReader(i);
  const auto by = quantize < 0 ? std::nullopt : graph.QuantizedTo(quantize);
  if (!by) return;
  onnx::NodeProto lowered = MakeNode("QLinearUnary", kLowerDomain, op.name(),
                                     {x->value, x->by.scale, x->by.zero, by->scale, by->zero},
                                     OutputOf(graph.node(quantize), 0));
  for (int at = 1; at < op.input_size(); ++at) lowered.add_input(InputOf(op, at));
  *lowered.mutable_attribute() = op.attribute();
  SetString(lowered, "op_type", op.op_type());
  SetInt(lowered, "opset", graph.opset());
  graph.Replace(quantize, std::move(lowered));
}

void LowerBinary(LowerGraph& graph, int i) {
  const onnx::NodeProto op = graph.node(i);
  const auto a = graph.DequantizedFrom(InputOf(op, 0));
  const auto b = graph.DequantizedFrom(InputOf(op, 1));
  if (!a || !b) return;
  const int quantize = graph.OnlyReader(i);
  const auto by = quantize < 0 ? std::nullopt : graph.QuantizedTo(quantize);
  if (!by) return;
  const bool known = op.op_type() == "Add" || op.op_type() == "Mul";
  graph.Replace(quantize, MakeNode("QLinear" + op.op_type(), known ? "com.microsoft" : kLowerDomain,
                                   op.name(),
                                   {a->value, a->by.scale, a->by.zero, b->value, b->by.scale,
                                    b->by.zero, by->scale, by->zero},
                                   OutputOf(graph.node(quantize), 0)));
}

}  // namespace

void LowerQdqElementwise(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "Add") || graph.Is(i, "Sub") || graph.Is(i, "Mul") || graph.Is(i, "Div")) {
      LowerBinary(graph, i);
    } else if (std::any_of(kUnary.begin(), kUnary.end(),
                           [&](std::string_view op) { return graph.Is(i, op); })) {
      LowerUnary(graph, i);
    }
  }
}

}  // namespace quantab
