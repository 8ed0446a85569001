// Pad.
//   QDQ:  the input and a padding value as activations; the output like the input where padding
//   adds
//         no new value (zero is in every range), else with a range of its own
#include <cstring>

#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool IsZero(const Model& model, const onnx::TensorProto& tensor) {
  if (TypeOf(tensor) != DType::kFloat || ElementCount(ShapeOf(tensor)) != 1) return false;
  float value = 1;
  BytesOf(model, tensor)->Read(0, std::as_writable_bytes(std::span(&value, 1)));
  return value == 0;
}

bool PadsWithZero(QdqMarker& m, const onnx::NodeProto& node) {
  if (m.edit().TypeOfValue(node.input(0)) != DType::kFloat) return false;
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

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  for (const std::string& input : node.input()) m.MarkActivation(input);
  const onnx::AttributeProto* attribute = FindAttribute(node, "mode");
  const std::string mode = attribute == nullptr ? "constant" : attribute->s();
  if (m.KeepsOutput(node)) return;
  if (mode == "reflect" || mode == "edge" || mode == "wrap" ||
      (mode == "constant" && PadsWithZero(m, node))) {
    m.MarkSameAs(node.output(0), node.input(0));
  } else {
    m.MarkActivation(node.output(0));
  }
}

}  // namespace

QUANTAB_REGISTER(rules, pad) { r.Add({.op_type = "Pad", .qdq = Qdq}); }

}  // namespace quantab
