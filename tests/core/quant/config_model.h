// The model that configurations are tried on: every operator that they treat apart.
//
//   x [2,4] ── MatMul w ── m ─┬─ Sigmoid ── s ─┐
//                             └─ Tanh ───── t ─┴─ Add ── a ── LayerNormalization ── n ── Cast ── y
#pragma once

#include "tests/core/quant/graph_builder.h"

namespace quantab {

inline Model ConfigModel(int64_t opset = 17) {
  QuantGraphBuilder b(opset);
  b.Input("x", {2, 4}).Output("y", {2, 4});
  b.Weight("w", {4, 4}).Weight("scale", {4}).Weight("bias", {4});
  b.Node("MatMul", {"x", "w"}, {"m"}, "matmul");
  b.Node("Sigmoid", {"m"}, {"s"}, "sigmoid");
  b.Node("Tanh", {"m"}, {"t"}, "tanh");
  b.Node("Add", {"s", "t"}, {"a"}, "add");
  b.Node("LayerNormalization", {"a", "scale", "bias"}, {"n"}, "norm");
  SetIntOf(b.Node("Cast", {"n"}, {"y"}, "cast"), "to", onnx::TensorProto::FLOAT);
  return b.model();
}

}  // namespace quantab
