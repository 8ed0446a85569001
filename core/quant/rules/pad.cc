// Pad.
//   QOperator, from operator set 11 on: on integers where the input is quantized and the padding
//               is in its range
//   QDQ:  the input and a padding value as activations; the output like the input where padding
//         adds no new value (zero is in every range), else with a range of its own
#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool IsZero(const Model& model, const onnx::TensorProto& tensor) {
  const DType type = TypeOf(tensor);
  if (!IsReal(type) || ElementCount(ShapeOf(tensor)) != 1) return false;
  float value = 1;
  ReadReals(*BytesOf(model, tensor), type, 0, std::span(&value, 1));
  return value == 0;
}

bool PadsWithZero(QdqMarker& m, const onnx::NodeProto& node) {
  if (!IsReal(m.edit().TypeOfValue(NodeInput(node, 0)))) return false;
  if (m.opset() < 11) return FloatAttribute(node, "value", 0) == 0;
  if (node.input_size() < 3 || node.input(2).empty()) return true;
  const std::string& value = node.input(2);
  if (const onnx::NodeProto* producer = m.edit().Producer(value)) {
    const onnx::AttributeProto* constant =
        producer->op_type() == "Constant" ? FindAttribute(*producer, "value") : nullptr;
    return constant != nullptr && IsZero(m.edit().model(), constant->t());
  }
  return m.IsConstant(value) && IsZero(m.edit().model(), *m.edit().Initializer(value));
}

std::string ModeOf(const onnx::NodeProto& node) {
  const onnx::AttributeProto* mode = FindAttribute(node, "mode");
  return mode == nullptr ? "constant" : mode->s();
}

// The integer of `value` in the parameters of `x`, or nothing where they cannot represent it.
std::optional<int32_t> IntegerOf(float value, const QLinearValue& x) {
  const QParams& p = x.params->values.params[0];
  const QRange q = QRangeOf(x.params->values.type, false, false);
  const float exact = QuantizeToFloat(value, p.scale, static_cast<float>(p.zero_point),
                                      static_cast<float>(q.min - 1), static_cast<float>(q.max + 1));
  if (!(exact >= static_cast<float>(q.min) && exact <= static_cast<float>(q.max))) {
    return std::nullopt;
  }
  return static_cast<int32_t>(exact);
}

// The name of the padding value as an integer, where `value` is its name as a float.
std::string QuantizePadding(QOperatorRewriter& r, const std::string& value, const QLinearValue& x) {
  const std::string quantized = r.FreshValue(QuantizedName(value));
  const onnx::TensorProto* constant = r.Constant(value);
  if (constant == nullptr) {
    r.Dequantize(value);
    r.Add("QuantizeLinear", {value, x.scale(), x.zero_point()}, {quantized},
          QuantizeNodeName(value));
  } else {
    const int32_t integer = *IntegerOf(*r.KnownScalar(value), x);
    r.AddInitializer(
        IntParameter(quantized, x.params->values.type, ShapeOf(*constant), std::span(&integer, 1)));
  }
  return quantized;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const QLinearValue* known = r.Find(node.input(0));
  if (known == nullptr || !r.IsFloat(node.input(0)) || r.opset() < 11 || node.input_size() < 2) {
    return false;
  }
  const QLinearValue x = *known;
  const std::string value = OptionalInput(node, 2);
  onnx::NodeProto pad = node;
  if (ModeOf(node) == "constant") {
    if (r.Constant(value) != nullptr && !r.KnownScalar(value)) return false;
    const std::optional<float> padding = value.empty() ? std::nullopt : r.KnownScalar(value);
    if (padding && !IntegerOf(*padding, x)) return false;
    while (pad.input_size() < 3) pad.add_input();
    pad.set_input(2, value.empty() ? x.zero_point() : QuantizePadding(r, value, x));
  } else if (!value.empty()) {
    pad.set_input(2, "");
  }
  return MoveElements(r, pad);
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  for (const std::string& input : node.input()) m.MarkActivation(input);
  const std::string mode = ModeOf(node);
  if (m.KeepsOutput(node) || node.output_size() == 0) return;
  if (mode == "reflect" || mode == "edge" || mode == "wrap" ||
      (mode == "constant" && PadsWithZero(m, node))) {
    m.MarkSameAs(node.output(0), NodeInput(node, 0), node);
  } else {
    m.MarkActivation(node.output(0));
  }
}

}  // namespace

QUANTAB_REGISTER(rules, pad) { r.Add({.op_type = "Pad", .qoperator = QOperator, .qdq = Qdq}); }

}  // namespace quantab
