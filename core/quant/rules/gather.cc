// Gather, GatherElements.
//   dynamic (Gather):  a constant table as integers of the activations' type; so is what is
//             gathered
//   QOperator (Gather):  the same
//   QDQ:               data as an activation where it is constant or marked; the output
//   like it
#include "core/quant/dynamic.h"
#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  if (!r.IsComplete(node, 2)) return false;
  const std::string& table = node.input(0);
  if (!r.IsQuantizableConstant(table)) return false;
  if (const QuantizedValue* known = r.Find(table); known != nullptr && known->axis) return false;
  const QuantizedValue data = r.QuantizeActivation(table);
  onnx::NodeProto gather = node;
  const std::string output = r.FreshValue(QuantizedName(node.output(0)));
  gather.set_input(0, data.quantized);
  gather.set_output(0, output);
  r.SetQuantized(
      node.output(0),
      {.quantized = output, .scale = data.scale, .zero_point = data.zero_point, .axis = {}});
  r.Keep(gather);
  return true;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const std::string& table = node.input(0);
  if (r.Constant(table) == nullptr || !r.CanBeActivation(node, table)) return false;
  r.Activation(table);
  return MoveElements(r, node);
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const std::string& data = NodeInput(node, 0);
  if (node.output_size() == 0) return;
  if (m.options().force_quantize_no_input_check || m.IsQuantizableConstant(data)) {
    m.MarkActivation(data);
  } else if (!m.IsMarked(data)) {
    return;
  }
  m.MarkSameAs(node.output(0), data, node);
}

}  // namespace

QUANTAB_REGISTER(rules, gather) {
  r.Add({.op_type = "Gather", .dynamic = Dynamic, .qoperator = QOperator, .qdq = Qdq});
  r.Add({.op_type = "GatherElements", .qdq = Qdq});
}

}  // namespace quantab
