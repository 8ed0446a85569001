// Transpose.
//   dynamic:  moves integers where its input has been quantized, or is a table that a Gather looks
//             up in; with force_quantize_no_input_check, where its input is a constant
//   QOperator, QDQ:  the output like the input
#include "core/quant/dynamic.h"
#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool Dynamic(DynamicRewriter& r, const onnx::NodeProto& node) {
  if (!r.IsComplete(node, 1)) return false;
  const std::string& data = node.input(0);
  const bool forced = r.options().force_quantize_no_input_check;
  const bool constant = r.Constant(data) != nullptr;
  const bool tied = constant && r.IsTied(data);
  if (tied || (constant && forced)) {
    if (r.IsQuantizableConstant(data)) r.QuantizeActivation(data);
  } else if (forced) {
    return false;
  }
  const QuantizedValue* known = r.Find(data);
  if (known == nullptr || known->axis || !r.IsFloat(data)) return false;
  const QuantizedValue input = *known;
  onnx::NodeProto transpose = node;
  const std::string output = r.FreshValue(QuantizedName(node.output(0)));
  transpose.set_input(0, input.quantized);
  transpose.set_output(0, output);
  r.SetQuantized(node.output(0), {.quantized = output,
                                  .scale = input.scale,
                                  .zero_point = input.zero_point,
                                  .axis = {},
                                  .tied = tied});
  r.Keep(transpose);
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, transpose) {
  r.Add({.op_type = "Transpose",
         .dynamic = Dynamic,
         .qoperator = PassThrough,
         .qdq = MarkPassThrough});
}

}  // namespace quantab
