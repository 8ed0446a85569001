// Constants: where they are kept, and what is computed from them. Expected numbers by hand.
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr DType kFloat = DType::kFloat;

TEST(ConstantToInitializer, EveryFormOfConstant) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Constant", {}, {"a"}, {Attr("value", F32({2}, {1, 2}))});
  b.Node("Constant", {}, {"b"}, {Attr("value_float", 3.0f)});
  b.Node("Constant", {}, {"c"}, {Attr("value_floats", std::vector<float>{4, 5})});
  b.Node("Constant", {}, {"d"}, {Attr("value_int", 6)});
  b.Node("Constant", {}, {"e"}, {Attr("value_ints", std::vector<int64_t>{7})});
  b.Node("Sum", {"x", "a", "b", "c"}, {"s"}).Node("Cast", {"d"}, {"df"}, {Attr("to", 1)});
  b.Node("Cast", {"e"}, {"ef"}, {Attr("to", 1)}).Node("Sum", {"s", "df", "ef"}, {"y"});
  ExpectFused(b.model(), "constant_to_initializer", {"Sum", "Cast", "Cast", "Sum"});
  Model after = b.model();
  RunPass(after, "constant_to_initializer");
  ExpectTensor(WeightOf(after, "c"), F32({2}, {4, 5}));
  ExpectTensor(WeightOf(after, "d"), I64({}, {6}));
  ExpectTensor(WeightOf(after, "e"), I64({1}, {7}));
}

TEST(ConstantToInitializer, OutputsAndMalformedNodesStay) {
  GraphBuilder b;
  b.Output("y", kFloat);
  b.Node("Constant", {}, {"y"}, {Attr("value", F32({2}, {1, 2}))});
  ExpectKept(b.model(), "constant_to_initializer");
  GraphBuilder bad;
  bad.Output("y", kFloat);
  bad.Node("Constant", {}, {"a"}).Node("Constant", {}, {"b"}, {Attr("other", 1)});
  bad.Node("Constant", {}, {}, {Attr("value_int", 1)}).Node("Add", {"a", "b"}, {"y"});
  ExpectKept(bad.model(), "constant_to_initializer");
}

TEST(FoldConstants, ChainsOfOperators) {
  GraphBuilder b;
  b.Input("x", kFloat, {3, 2}).Output("y", kFloat);
  b.Initializer("w", F32({2, 3}, {1, 2, 3, 4, 5, 6})).Initializer("two", F32({}, {2}));
  b.Node("Transpose", {"w"}, {"t"}).Node("Mul", {"t", "two"}, {"m"}).Node("Add", {"x", "m"}, {"y"});
  ExpectFused(b.model(), "fold_constants", {"Add"});
  Model after = b.model();
  RunPass(after, "fold_constants");
  ExpectTensor(WeightOf(after, "m"), F32({3, 2}, {2, 8, 4, 10, 6, 12}));
}

TEST(FoldConstants, ShapesOfValuesThatAreNotConstant) {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 3, 4}).Input("v", kFloat, {"n", 3}).Output("s", DType::kInt64);
  b.Output("y", DType::kInt64);
  b.Node("Shape", {"x"}, {"a"}).Node("Shape", {"x"}, {"b"}, {Attr("start", -2), Attr("end", 9)});
  b.Node("Size", {"x"}, {"n"}).Node("Concat", {"a", "b"}, {"ab"}, {Attr("axis", 0)});
  b.Node("Mul", {"ab", "n"}, {"m"}).Node("Neg", {"m"}, {"y"});
  b.Node("Shape", {"v"}, {"c"}).Node("Neg", {"c"}, {"s"});
  ExpectFused(b.model(), "fold_constants", {"Neg", "Shape", "Neg"});
  Model after = b.model();
  RunPass(after, "fold_constants");
  ExpectTensor(WeightOf(after, "m"), I64({5}, {48, 72, 96, 72, 96}));
}

TEST(FoldConstants, WhatIsRandomReplaceableOrAnOutputStays) {
  GraphBuilder random;
  random.Output("y", kFloat).Initializer("k", F32({2}, {1, 2}));
  random.Node("RandomUniformLike", {"k"}, {"a"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(random.model(), "fold_constants");

  GraphBuilder replaceable;
  replaceable.Input("k", kFloat, {2}).Output("y", kFloat).Initializer("k", F32({2}, {1, 2}));
  replaceable.Node("Neg", {"k"}, {"a"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(replaceable.model(), "fold_constants");

  GraphBuilder output;
  output.Output("y", kFloat).Initializer("k", F32({2}, {1, 2}));
  output.Node("Neg", {"k"}, {"y"});
  ExpectKept(output.model(), "fold_constants");
}

TEST(FoldConstants, QuantizedWeightsStayQuantized) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Initializer("w", I8({2}, {1, -2})).Initializer("s", F32({}, {0.5f}));
  b.Node("DequantizeLinear", {"w", "s"}, {"d"}).Node("Add", {"x", "d"}, {"y"});
  ExpectKept(b.model(), "fold_constants");
}

TEST(FoldConstants, NothingLargeIsMadeOfSomethingSmall) {
  for (const int64_t size : {int64_t{1} << 20, int64_t{1} << 40, int64_t{1} << 62, int64_t{-1}}) {
    GraphBuilder b;
    b.Output("y", kFloat).Initializer("n", I64({1}, {size}));
    b.Node("ConstantOfShape", {"n"}, {"a"}).Node("Relu", {"a"}, {"y"});
    ExpectKept(b.model(), "fold_constants");
  }
  // An outer product of two vectors: 10^10 numbers.
  GraphBuilder outer;
  outer.Output("y", kFloat);
  outer.Initializer("a", Iota({100000, 1})).Initializer("b", Iota({100000}));
  outer.Node("Mul", {"a", "b"}, {"m"}).Node("Relu", {"m"}, {"y"});
  ExpectKept(outer.model(), "fold_constants");
}

TEST(FoldConstants, NodesThatFailStay) {
  GraphBuilder b;
  b.Output("y", kFloat).Initializer("w", Iota({2, 3})).Initializer("i", I64({1}, {9}));
  b.Node("Gather", {"w", "i"}, {"a"}).Node("Relu", {"a"}, {"y"});  // there is no row 9
  ExpectKept(b.model(), "fold_constants");
  GraphBuilder unknown;
  unknown.Output("y", kFloat).Initializer("w", Iota({2}));
  unknown.Node("NoSuchOperator", {"w"}, {"a"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(unknown.model(), "fold_constants");
}

TEST(FoldConstants, InsideBranchesWithWeightsFromOutside) {
  GraphBuilder branch;
  branch.Node("Transpose", {"w"}, {"t"}).Node("MatMul", {"x", "t"}, {"r"}).Output("r", kFloat);
  GraphBuilder b;
  b.Input("c", DType::kBool, {}).Input("x", kFloat, {1, 2}).Output("y", kFloat);
  b.Initializer("w", Iota({2, 2}));
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", branch.graph()), Attr("else_branch", branch.graph())});
  Model after = b.model();
  EXPECT_TRUE(RunPass(after, "fold_constants"));
  const auto& then = after.proto.graph().node(0).attribute(0).g();
  ASSERT_EQ(then.node_size(), 1);
  ASSERT_EQ(then.initializer_size(), 1);
  ExpectTensor(LoadTensor(after, then.initializer(0)), F32({2, 2}, {0, 2, 1, 3}));
  ExpectSameResults(b.model(), after);
}

// Of 200 * 300 floats, 240 KB.
Model ModelWithLargeTranspose() {
  GraphBuilder b;
  b.Input("x", kFloat, {1, 300}).Output("y", kFloat);
  b.model().proto.mutable_graph()->add_initializer();
  onnx::TensorProto& tensor = *b.graph().mutable_initializer(0);
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(200);
  tensor.add_dims(300);
  const Tensor values = Iota({200, 300});
  const auto bytes = std::span(values.raw(), values.bytes());
  SetBytes(b.model(), tensor, MakeMemoryBlob({bytes.begin(), bytes.end()}));
  b.Node("Transpose", {"w"}, {"t"}).Node("MatMul", {"x", "t"}, {"y"});
  return b.model();
}

TEST(FoldConstants, LargeOnesAreComputedWhenTheyAreRead) {
  Model after = ModelWithLargeTranspose();
  EXPECT_TRUE(RunPass(after, "fold_constants"));
  EXPECT_EQ(OperatorsOf(after), OpNames({"MatMul"}));
  const onnx::TensorProto& folded = *FindInitializer(after, "t");
  const BlobPtr bytes = BytesOf(after, folded);
  EXPECT_EQ(bytes->Contiguous(), nullptr);
  // In parts, in any order, twice: element (c, r) is that of (r, c).
  for (const size_t at : {size_t{0}, size_t{59999}, size_t{201}, size_t{0}}) {
    float value = -1;
    bytes->Read(at * sizeof(float), std::as_writable_bytes(std::span(&value, 1)));
    const size_t column = at / 200, row = at % 200;
    EXPECT_EQ(value, static_cast<float>(row * 300 + column));
  }
  ExpectSameResults(ModelWithLargeTranspose(), after, 1e-4);
}

// r = x + k, and x, and k once more, with constant k in the branch.
onnx::GraphProto BranchWithConstant(float k) {
  GraphBuilder branch;
  branch.Initializer("k", F32({1}, {k})).Node("Add", {"x", "k"}, {"r"});
  branch.Output("r", kFloat).Output("r", kFloat).Output("x", kFloat).Output("k", kFloat);
  return branch.graph();
}

TEST(InlineConstantIf, TheBranchThatIsTaken) {
  for (const bool condition : {false, true}) {
    GraphBuilder b;
    b.Input("x", kFloat, {2}).Initializer("c", Bools({}, {condition}));
    for (const char* output : {"p", "q", "s", "t"}) b.Output(output, kFloat);
    b.Node(
        "If", {"c"}, {"p", "q", "s", "t"},
        {Attr("then_branch", BranchWithConstant(1)), Attr("else_branch", BranchWithConstant(2))});
    Model after = b.model();
    EXPECT_TRUE(RunPass(after, "inline_constant_if"));
    EXPECT_EQ(OperatorsOf(after), OpNames({"Add", "Identity", "Identity", "Identity"}));
    Session session(after);
    const TensorMap outputs = session.Run({{"x", F32({2}, {3, 4})}});
    const float k = condition ? 1.0f : 2.0f;
    ExpectTensor(outputs.at("p"), F32({2}, {3 + k, 4 + k}));
    ExpectTensor(outputs.at("q"), F32({2}, {3 + k, 4 + k}));
    ExpectTensor(outputs.at("s"), F32({2}, {3, 4}));
    ExpectTensor(outputs.at("t"), F32({1}, {k}));
    EXPECT_FALSE(RunPass(after, "inline_constant_if"));
  }
}

TEST(InlineConstantIf, NamesThatAreUsedTwiceStayApart) {
  // Two calls of equal branches, whose values have the same names, one inside the other's branch.
  GraphBuilder inner;
  inner.Node("Neg", {"v"}, {"r"}).Output("r", kFloat);
  GraphBuilder outer;
  outer.Node("Exp", {"x"}, {"v"});
  outer.Node("If", {"c"}, {"r"},
             {Attr("then_branch", inner.graph()), Attr("else_branch", inner.graph())});
  outer.Output("r", kFloat);
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat).Initializer("c", Bools({1}, {true}));
  for (const char* output : {"a", "b"}) {
    b.Node("If", {"c"}, {output},
           {Attr("then_branch", outer.graph()), Attr("else_branch", outer.graph())});
  }
  b.Node("Add", {"a", "b"}, {"y"});
  Model after = b.model();
  EXPECT_TRUE(RunPass(after, "inline_constant_if"));
  while (RunPass(after, "inline_constant_if")) continue;
  for (const std::string& op : OperatorsOf(after)) EXPECT_NE(op, "If");
  ExpectSameResults(b.model(), after);
}

TEST(InlineConstantIf, WhatIsNotConstantOrMalformedStays) {
  GraphBuilder branch;
  branch.Node("Neg", {"x"}, {"r"}).Output("r", kFloat);
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Input("c", DType::kBool, {}).Output("y", kFloat);
  b.Initializer("t", Bools({}, {true})).Initializer("none", Bools({0}, {}));
  const std::vector<Attr> branches = {Attr("then_branch", branch.graph()),
                                      Attr("else_branch", branch.graph())};
  b.Node("If", {"c"}, {"y"}, branches).Node("If", {"none"}, {"z"}, branches);
  b.Node("If", {"t"}, {"u"})
      .Node("If", {"t"}, {"v", "w"}, branches)
      .Node("If", {}, {"o"}, branches);
  ExpectKept(b.model(), "inline_constant_if");
}

}  // namespace
}  // namespace quantab
