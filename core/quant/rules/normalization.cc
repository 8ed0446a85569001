// InstanceNormalization, LayerNormalization, BatchNormalization.
//   QDQ:  the input and the outputs as activations, the scale as a weight, the bias as int32
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  m.MarkActivation(NodeInput(node, 0));
  const std::string& scale = NodeInput(node, 1);
  if (m.IsConstant(scale)) {
    m.MarkWeight(scale, 1, node.op_type());
  } else {
    m.MarkActivation(scale);
  }
  m.MarkBias(node, 2, NodeInput(node, 0), scale);
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
