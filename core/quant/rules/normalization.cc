// InstanceNormalization, LayerNormalization, BatchNormalization.
//   QDQ:  the input and the outputs as activations, the scale as a weight, the bias as int32
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  m.MarkActivation(node.input(0));
  const std::string& scale = node.input(1);
  if (m.IsConstant(scale)) {
    m.MarkWeight(scale, 1);
  } else {
    m.MarkActivation(scale);
  }
  m.MarkBias(node, 2, node.input(0), scale);
  m.MarkOutputs(node);
}

}  // namespace

QUANTAB_REGISTER(rules, normalization) {
  for (const char* op_type :
       {"InstanceNormalization", "LayerNormalization", "BatchNormalization"}) {
    r.Add({.op_type = op_type, .qdq = Qdq});
  }
}

}  // namespace quantab
