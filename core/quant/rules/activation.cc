// Relu, Clip.
//   QOperator:  where the input is quantized and its range cuts off what the operator would, the
//               output is that value
//   QDQ:  where the input is marked, the quantized range of the output cuts off what the operator
//         would, so the node before it makes the output; symmetric ranges and float8 do not cut
//         off
#include <limits>

#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

// The bounds of a Relu or Clip; nothing where they are not known.
std::optional<RealRange> BoundsOf(const QOperatorRewriter& r, const onnx::NodeProto& node) {
  RealRange bounds{std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()};
  if (node.op_type() == "Relu") return RealRange{0, bounds.max};
  if (r.opset() < 11) {
    return RealRange{FloatAttribute(node, "min", bounds.min),
                     FloatAttribute(node, "max", bounds.max)};
  }
  for (int i : {1, 2}) {
    const std::string bound = OptionalInput(node, i);
    if (bound.empty()) continue;
    const std::optional<float> known = r.KnownScalar(bound);
    if (!known) return std::nullopt;
    (i == 1 ? bounds.min : bounds.max) = *known;
  }
  return bounds;
}

// Whether all that `params` can represent is within `bounds`. Zero points are rounded, which moves
// the ends by up to half a step.
bool IsWithin(const WeightParams& params, const RealRange& bounds) {
  const QRange q = QRangeOf(params.type, false, false);
  const QParams& p = params.params[0];
  const double scale = p.scale;
  const double margin = 0.501 * scale;
  return scale * (q.min - p.zero_point) >= static_cast<double>(bounds.min) - margin &&
         scale * (q.max - p.zero_point) <= static_cast<double>(bounds.max) + margin;
}

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const QLinearValue* x = r.Find(node.input(0));
  if (x == nullptr || r.options().activation_symmetric) return false;
  const std::optional<RealRange> bounds = BoundsOf(r, node);
  if (!bounds || !IsWithin(x->params->values, *bounds)) return false;
  r.SetQuantized(node.output(0), QLinearValue(*x));
  return true;
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (!m.IsMarked(NodeInput(node, 0)) || node.output_size() == 0) return;
  if (m.options().qdq_keep_removable_activations || !m.Absorb(node)) {
    m.MarkActivation(node.input(0));
  }
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, activation) {
  r.Add({.op_type = "Relu", .qoperator = QOperator, .qdq = Qdq});
  r.Add({.op_type = "Clip", .qoperator = QOperator, .qdq = Qdq});
}

}  // namespace quantab
