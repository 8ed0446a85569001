// What lies between quantized tensors and comes from one of them becomes a table, with the bits of
// the file's own graph.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

// x -> Q -> DQ -> Div -> Erf -> Q -> DQ -> Add -> Q -> DQ -> Mul by x -> Mul by a quantized half
// -> Q -> y.
QdqBuilder GeluBetweenBytes() {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {300}).Output("y_dq");
  b.Initializer("root", F32({}, {1.41421356f})).Initializer("one", F32({}, {1}));
  b.Weight("half", U8({}, {255}), {0.5f / 255});
  b.Pair("x", 0.02f, 120);
  b.Node("Div", {"x_dq", "root"}, {"d"}).Node("Erf", {"d"}, {"e"});
  b.Pair("e", 1 / 128.f, 0, DType::kInt8);
  b.Node("Add", {"one", "e_dq"}, {"a"});
  b.Pair("a", 2 / 255.f, 0);
  b.Node("Mul", {"x_dq", "a_dq"}, {"m"}).Node("Mul", {"m", "half_dq"}, {"y"});
  b.Pair("y", 0.01f, 10);
  return b;
}

TEST(FoldByteFunction, AChainBetweenTwoTensorsOfBytesIsOneTable) {
  const Model model = GeluBetweenBytes().model();
  EXPECT_EQ(LoweredOps(model), (Ops{"DequantizeLinear", "Lookup", "QuantizeLinear"}));
  EXPECT_EQ(StepsApart(model, {{"x", Random({300}, 1, -3, 3)}}, 1), 0);
}

TEST(FoldByteFunction, AnInnerValueThatIsAnOutputIsStillMade) {
  for (const char* value : {"d", "e_q", "a_dq", "m"}) {
    QdqBuilder b = GeluBetweenBytes();
    b.Output(value);
    const Ops ops = LoweredOps(b.model());
    EXPECT_GE(std::count(ops.begin(), ops.end(), "Lookup"), 1) << value;
    EXPECT_EQ(StepsApart(b.model(), {{"x", Random({300}, 2, -3, 3)}}, 1), 0) << value;
  }
}

TEST(FoldByteFunction, TwoTensorsOfBytesMakeNoTable) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {9}).Input("u", DType::kFloat, {9}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Pair("u", 0.03f, 7);
  b.Node("Erf", {"x_dq"}, {"e"}).Node("Mul", {"e", "u_dq"}, {"y"});
  b.Pair("y", 0.02f, 120);
  EXPECT_EQ(LoweredOps(b.model()),
            (Ops{"DequantizeLinear", "DequantizeLinear", "DequantizeLinear", "Erf", "Mul",
                 "QuantizeLinear", "QuantizeLinear", "QuantizeLinear"}));
}

TEST(FoldByteFunction, AConstantWithDimensionsMakesNoTable) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {2}).Output("y_dq");
  b.Initializer("c", F32({3, 1}, {1, 2, 3}));
  b.Pair("x", 0.02f, 120);
  b.Node("Mul", {"x_dq", "c"}, {"y"});
  b.Pair("y", 0.02f, 120);
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "Lookup"), 0);
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({2}, 3, -2, 2)}}, 1), 0);
}

TEST(FoldByteFunction, WhatFailsIsLeftToItsNode) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {4}).Output("y_dq");
  b.Initializer("low", F64({}, {0}));
  b.Pair("x", 0.02f, 120);
  b.Node("Clip", {"x_dq", "low"}, {"y"}, {}, "clip");
  b.Pair("y", 0.02f, 120);
  EXPECT_THROW(StepsApart(b.model(), {{"x", Random({4}, 4)}}, 1), Error);
}

}  // namespace
}  // namespace quantab
