// Transpose.
//   dynamic:  moves integers where its input has been quantized
//   QDQ:      the output like the input
#include "core/quant/dynamic.h"
#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  const QuantizedValue* known = r.Find(node.input(0));
  if (known == nullptr || known->axis || !r.IsFloat(node.input(0))) return false;
  const QuantizedValue input = *known;
  onnx::NodeProto transpose = node;
  const std::string output = r.FreshValue(QuantizedName(node.output(0)));
  transpose.set_input(0, input.quantized);
  transpose.set_output(0, output);
  r.SetQuantized(node.output(0), {output, input.scale, input.zero_point, {}});
  r.Keep(transpose);
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, transpose) {
  r.Add({.op_type = "Transpose", .dynamic = Dynamic, .qdq = MarkPassThrough});
}

}  // namespace quantab
