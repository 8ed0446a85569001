// Resize.
//   QOperator, from operator set 11 on: the output like the input
//   QDQ:  the output like the input, from operator set 11 on; before, it takes only floats
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool QOperator(QOperatorRewriter& r, const onnx::NodeProto& node) {
  const auto text = [&](const char* name) {
    const onnx::AttributeProto* attribute = FindAttribute(node, name);
    return attribute == nullptr ? std::string() : attribute->s();
  };
  // Cubic interpolation leaves the range; the value beyond the edges is no integer of its scale.
  if (text("mode") == "cubic" || text("coordinate_transformation_mode") == "tf_crop_and_resize") {
    return false;
  }
  return r.opset() >= 11 && PassThrough(r, node);
}

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  if (m.opset() >= 11) MarkPassThrough(m, node);
}

}  // namespace

QUANTAB_REGISTER(rules, resize) {
  r.Add({.op_type = "Resize", .qoperator = QOperator, .qdq = Qdq});
}

}  // namespace quantab
