// Gemm. Dynamic quantization decomposes it before rules are asked (core/quant/decompose_gemm.h).
//   QDQ:  a and the output as activations, b as a weight, c as a bias into which beta is multiplied
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

void Qdq(QdqMarker& m, onnx::NodeProto& node) {
  m.MarkActivation(node.input(0));
  m.MarkOutputs(node);
  m.MarkWeight(node.input(1), IntAttribute(node, "transB", 0) != 0 ? 0 : 1);
  m.MarkBias(node, 2, node.input(0), node.input(1), FloatAttribute(node, "beta", 1));
}

}  // namespace

QUANTAB_REGISTER(rules, gemm) { r.Add({.op_type = "Gemm", .qdq = Qdq}); }

}  // namespace quantab
