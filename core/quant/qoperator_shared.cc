// Rules of the QOperator format that several operators share.
#include "core/quant/naming.h"
#include "core/quant/qoperator.h"

namespace quantab {

std::string OptionalInput(const onnx::NodeProto& node, int index) {
  return index < node.input_size() ? node.input(index) : std::string();
}

bool MoveElements(QOperatorRewriter& rewriter, const onnx::NodeProto& node) {
  const QLinearValue* known = rewriter.Find(node.input(0));
  if (known == nullptr || !rewriter.IsFloat(node.input(0))) return false;
  const QLinearValue x = *known;
  const QLinearValue y{rewriter.FreshValue(QuantizedName(node.output(0))), x.params};
  onnx::NodeProto moved = node;
  moved.set_input(0, x.quantized);
  moved.set_output(0, y.quantized);
  rewriter.SetQuantized(node.output(0), y);
  rewriter.Keep(moved);
  return true;
}

bool PassThrough(QOperatorRewriter& rewriter, const onnx::NodeProto& node) {
  const std::string& input = node.input(0);
  if (rewriter.options().force_quantize_no_input_check) {
    if (rewriter.Constant(input) == nullptr || !rewriter.CanBeActivation(node, input)) return false;
    rewriter.Activation(input);
  }
  return MoveElements(rewriter, node);
}

QParams UnitInterval(DType type) { return {1.0f / 256, QRangeOf(type, false, false).min}; }

onnx::NodeProto* ReplaceUnary(QOperatorRewriter& rewriter, const onnx::NodeProto& node,
                              std::optional<QParams> fixed, const std::set<std::string>& without) {
  const std::string& output = node.output(0);
  if (!rewriter.CanBeActivation(node, node.input(0))) return nullptr;
  if (!fixed && !rewriter.CanBeOutput(node, output)) return nullptr;
  const QLinearValue y = rewriter.Output(output, fixed);
  const QLinearValue x = rewriter.Activation(node.input(0));
  return &rewriter.Replace(node, "QLinear" + node.op_type(),
                           {x.quantized, x.scale(), x.zero_point(), y.scale(), y.zero_point()},
                           {y.quantized}, "com.microsoft", without);
}

}  // namespace quantab
