// What random graphs beside ONNX Runtime have brought to light.
#include <cfloat>
#include <limits>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(FuzzRegression, AnAbsentBoundOfClipIsFinite) {
  const float inf = std::numeric_limits<float>::infinity();
  ExpectTensor(OpTest("Clip", 13).Input(F32({2}, {inf, -inf})).RunOne(),
               F32({2}, {FLT_MAX, -FLT_MAX}));
}

TEST(FuzzRegression, LpNormalizationTakesFloat64) {
  ExpectTensor(OpTest("LpNormalization", 13).Input(F64({1, 2}, {3, 4})).RunOne(),
               F64({1, 2}, {0.6, 0.8}), 0, 1e-12);
}

TEST(FuzzRegression, TheOutputGateIsClippedWithItsPeephole) {
  // Gates i, o, f, c have the biases 0, 0.5, 0, 1 and nothing else; the peephole of o is 10.
  // C = sigmoid(0) * tanh(1) = 0.3807971, o = sigmoid(min(0.5 + 10 * C, 1)) = sigmoid(1),
  // H = o * tanh(C) = 0.7310586 * 0.3634 = 0.2656654.
  const Tensor h = OpTest("LSTM", 14)
                       .Input(F32({1, 1, 1}, {0}))
                       .Input(F32({1, 4, 1}, {0, 0, 0, 0}))
                       .Input(F32({1, 4, 1}, {0, 0, 0, 0}))
                       .Input(F32({1, 8}, {0, 0.5F, 0, 1, 0, 0, 0, 0}))
                       .Absent()
                       .Absent()
                       .Absent()
                       .Input(F32({1, 3}, {0, 10, 0}))
                       .Set("hidden_size", 1)
                       .Set("clip", 1.F)
                       .RunOne();
  ExpectTensor(h, F32({1, 1, 1, 1}, {0.2656654F}), 0, 1e-5);
}

TensorMap RunWith(const Model& model, bool lower, const TensorMap& feeds) {
  SessionOptions options;
  options.lower = lower;
  return Session(model, options).Run(feeds);
}

TEST(FuzzRegression, ALoweredAverageRoundsAsQuantizeLinearDoes) {
  // The mean of 0 and 1 lies half-way; with an odd zero point the two ways to round differ.
  GraphBuilder b;
  b.Input("x", DType::kUint8, {1, 1, 1, 2}).Initializer("s", F32({}, {1}));
  b.Initializer("none", U8({}, {0})).Initializer("odd", U8({}, {1}));
  b.Node("DequantizeLinear", {"x", "s", "none"}, {"f"});
  b.Node("AveragePool", {"f"}, {"a"}, {Attr("kernel_shape", std::vector<int64_t>{1, 2})});
  b.Node("QuantizeLinear", {"a", "s", "odd"}, {"y"}).Output("y");
  const TensorMap feeds = {{"x", U8({1, 1, 1, 2}, {0, 1})}};
  for (const bool lower : {false, true}) {
    ExpectTensor(RunWith(b.model(), lower, feeds)["y"], U8({1, 1, 1, 1}, {1}));
  }
}

TEST(FuzzRegression, ABiasInAnotherScaleIsNotRoundedIntoAFloatResult) {
  // x = 3 * 1, w = 2 * 1, bias = 1 * 0.3: the product's scale is 1, in which 0.3 is nothing.
  GraphBuilder b;
  b.Input("x", DType::kUint8, {1, 1}).Initializer("one", F32({}, {1}));
  b.Initializer("zero", U8({}, {0})).Initializer("w8", I8({1, 1}, {2}));
  b.Initializer("w_zero", I8({}, {0})).Initializer("b32", I32({1}, {1}));
  b.Initializer("b_scale", F32({}, {0.3F})).Initializer("b_zero", I32({}, {0}));
  b.Node("DequantizeLinear", {"x", "one", "zero"}, {"xf"});
  b.Node("DequantizeLinear", {"w8", "one", "w_zero"}, {"wf"});
  b.Node("DequantizeLinear", {"b32", "b_scale", "b_zero"}, {"bf"});
  b.Node("Gemm", {"xf", "wf", "bf"}, {"y"}).Output("y");
  for (const bool lower : {false, true}) {
    ExpectTensor(RunWith(b.model(), lower, {{"x", U8({1, 1}, {3})}})["y"], F32({1, 1}, {6.3F}));
  }
}

TEST(FuzzRegression, AScaleOfMoreDimensionsGivesItsRankToADynamicConvolution) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 1, 2}).Initializer("w", U8({1, 1, 1}, {3}));
  b.Initializer("w_scale", F32({1, 1, 1, 1}, {0.5F}));
  b.Node("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"});
  b.Node("ConvInteger", {"q", "w", "zero"}, {"product"});
  b.Node("Cast", {"product"}, {"cast"}, {Attr("to", 1)});
  b.Node("Mul", {"scale", "w_scale"}, {"scales"});
  b.Node("Mul", {"cast", "scales"}, {"y"}).Output("y");
  for (const bool lower : {false, true}) {
    ExpectTensor(RunWith(b.model(), lower, {{"x", F32({1, 1, 2}, {0, 255})}})["y"],
                 F32({1, 1, 1, 2}, {0, 382.5F}));
  }
}

}  // namespace
}  // namespace quantab
