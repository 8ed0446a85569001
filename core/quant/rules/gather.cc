// Gather, GatherElements.
//   dynamic (Gather):  a constant table as integers of the activations' type; so is what is
//   gathered QDQ:               data as an activation where it is constant or marked; the output
//   like it
#include "core/quant/dynamic.h"
#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  const std::string& table = node.input(0);
  if (!r.IsQuantizableConstant(table)) return false;
  if (const QuantizedValue* known = r.Find(table); known != nullptr && known->axis) return false;
  const QuantizedValue data = r.QuantizeActivation(table);
  onnx::NodeProto gather = node;
  const std::string output = r.FreshValue(QuantizedName(node.output(0)));
  gather.set_input(0, data.quantized);
  gather.set_output(0, output);
  r.SetQuantized(node.output(0), {output, data.scale, data.zero_point, {}});
  r.Keep(gather);
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  const std::string& data = node.input(0);
  if (m.options().force_quantize_no_input_check || m.IsQuantizableConstant(data)) {
    m.MarkActivation(data);
  } else if (!m.IsMarked(data)) {
    return;
  }
  m.MarkSameAs(node.output(0), data);
}

}  // namespace

QUANTAB_REGISTER(rules, gather) {
  r.Add({.op_type = "Gather", .dynamic = Dynamic, .qdq = Qdq});
  r.Add({.op_type = "GatherElements", .qdq = Qdq});
}

}  // namespace quantab
