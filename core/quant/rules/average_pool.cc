// AveragePool, GlobalAveragePool.
//   QOperator:  com.microsoft QLinearAveragePool; QLinearGlobalAveragePool where the input is
//               quantized, with the input's parameters where the output has no range
//   QDQ:  AveragePool's output like the input, whose range holds every mean; GlobalAveragePool's
//         with a range of its own, which is much smaller
#include <algorithm>

#include "core/quant/naming.h"
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool AveragePool(QOperatorRewriter& r, const onnx::NodeProto& node) {
  // The quantized operator has no dilations.
  if (const onnx::AttributeProto* dilations = FindAttribute(node, "dilations")) {
    const auto& all = dilations->ints();
    if (std::any_of(all.begin(), all.end(), [](int64_t d) { return d != 1; })) return false;
  }
  return ReplaceUnary(r, node, {}, {"dilations"}) != nullptr;
}

bool GlobalAveragePool(QOperatorRewriter& r, const onnx::NodeProto& node) {
  if (r.Find(node.input(0)) == nullptr) return false;
  const QLinearValue x = r.Activation(node.input(0));
  const std::string& output = node.output(0);
  const QLinearValue y = r.HasRange(output)
                             ? r.Output(output)
                             : QLinearValue{r.FreshValue(QuantizedName(output)), x.params};
  r.SetQuantized(output, y);
  SetIntAttribute(r.Replace(node, "QLinearGlobalAveragePool",
                            {x.quantized, x.scale(), x.zero_point(), y.scale(), y.zero_point()},
                            {y.quantized}, "com.microsoft"),
                  "channels_last", 0);
  return true;
}

}  // namespace

QUANTAB_REGISTER(rules, average_pool) {
  r.Add({.op_type = "AveragePool", .qoperator = AveragePool, .qdq = MarkPassThrough});
  r.Add({.op_type = "GlobalAveragePool", .qoperator = GlobalAveragePool, .qdq = MarkAll});
}

}  // namespace quantab
