#include "core/lower/activation_range.h"

#include <limits>

#include "core/lower/lower.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

// Whether saturating to the 8-bit range limits values at least as tightly.
bool Saturates(const Bounds& bounds, const PerTensor& by) {
  const QuantizedRange range = RangeOf(by.dtype);
  return QuantizeOne(bounds.low, by.scale_value, by.zero_value, range) == range.low &&
         QuantizeOne(bounds.high, by.scale_value, by.zero_value, range) == range.high;
}

}  // namespace

std::optional<Bounds> BoundsOf(const LowerGraph& graph, int i) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (graph.Is(i, "Relu")) return Bounds{0, kInfinity};
  if (!graph.Is(i, "Clip")) return std::nullopt;
  const onnx::NodeProto& clip = graph.node(i);
  Bounds bounds{FloatAttribute(clip, "min", -kInfinity), FloatAttribute(clip, "max", kInfinity)};
  for (int at = 1; at < clip.input_size() && at <= 2; ++at) {
    if (InputOf(clip, at).empty()) continue;
    const std::optional<Tensor> value = graph.Constant(InputOf(clip, at));
    if (!value || value->dtype() != DType::kFloat || value->count() != 1) return std::nullopt;
    (at == 1 ? bounds.low : bounds.high) = value->data<float>()[0];
  }
  return bounds;
}

std::optional<QuantizedEnd> FindQuantizedEnd(LowerGraph& graph, int i) {
  QuantizedEnd end;
  int at = graph.OnlyReader(i);
  std::optional<Bounds> bounds;
  if (graph.Is(at, "Relu") || graph.Is(at, "Clip")) {
    bounds = BoundsOf(graph, at);
    if (!bounds || InputOf(graph.node(at), 0) != OutputOf(graph.node(i), 0)) return std::nullopt;
    end.activation = at;
    at = graph.OnlyReader(at);
  }
  if (at < 0) return std::nullopt;
  const std::optional<PerTensor> by = graph.QuantizedTo(at);
  if (!by) return std::nullopt;
  end.quantize = at;
  end.by = *by;
  if (bounds && Saturates(*bounds, *by)) end.activation = -1;
  return end;
}

void FinishQuantized(LowerGraph& graph, const QuantizedEnd& end, onnx::NodeProto lowered) {
  const std::string y = OutputOf(graph.node(end.quantize), 0);
  if (end.activation < 0) {
    lowered.set_output(0, y);
    graph.Replace(end.quantize, std::move(lowered));
    return;
  }
  const onnx::NodeProto activation = graph.node(end.activation);
  const std::string bytes = graph.NewName(y + "_unclamped");
  onnx::NodeProto clamp =
      MakeNode("QLinearUnary", kLowerDomain, activation.name(),
               {bytes, end.by.scale, end.by.zero, end.by.scale, end.by.zero}, y);
  for (int i = 1; i < activation.input_size(); ++i) clamp.add_input(InputOf(activation, i));
  *clamp.mutable_attribute() = activation.attribute();
  SetString(clamp, "op_type", activation.op_type());
  SetInt(clamp, "opset", graph.opset());
  graph.Replace(end.quantize, std::move(clamp));
  lowered.set_output(0, bytes);
  graph.Add(std::move(lowered));
}

}  // namespace quantab
