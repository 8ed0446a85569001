// Passes that take nodes out. Expected graphs are worked out by hand from the definitions of the
// operators; results are those of the graph before.
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr DType kFloat = DType::kFloat;

// An If whose branches are y = Identity(<captured>) then an Add of itself.
onnx::GraphProto BranchThatDoubles(const std::string& captured, const std::string& result) {
  GraphBuilder branch;
  branch.Node("Identity", {captured}, {result + "_copy"})
      .Node("Add", {result + "_copy", result + "_copy"}, {result})
      .Output(result, kFloat);
  return branch.graph();
}

TEST(EliminateIdentity, ReadersReadItsInput) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Identity", {"x"}, {"a"}).Node("Identity", {"a"}, {"b"}).Node("Relu", {"b"}, {"y"});
  ExpectFused(b.model(), "eliminate_identity", {"Relu"});
}

TEST(EliminateIdentity, WhatMakesTheInputMakesTheOutputOfTheGraph) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat).Output("z", kFloat);
  b.Node("Relu", {"x"}, {"a"}).Node("Identity", {"a"}, {"y"}).Node("Neg", {"a"}, {"z"});
  ExpectFused(b.model(), "eliminate_identity", {"Relu", "Neg"});
}

TEST(EliminateIdentity, StaysBetweenAnInputAndAnOutputAndBetweenTwoOutputs) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Identity", {"x"}, {"y"});
  ExpectKept(b.model(), "eliminate_identity");

  GraphBuilder two;
  two.Input("x", kFloat, {2}).Output("y", kFloat).Output("z", kFloat);
  two.Node("Relu", {"x"}, {"y"}).Node("Identity", {"y"}, {"z"});
  ExpectKept(two.model(), "eliminate_identity");
}

TEST(EliminateIdentity, ReachesIntoBranches) {
  GraphBuilder b;
  b.Input("c", DType::kBool, {}).Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Identity", {"x"}, {"a"});
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", BranchThatDoubles("a", "t")),
          Attr("else_branch", BranchThatDoubles("a", "e"))});
  const Model before = b.model();
  Model after = before;
  EXPECT_TRUE(RunPass(after, "eliminate_identity"));
  ASSERT_EQ(OperatorsOf(after), OpNames({"If"}));
  const auto& branch = after.proto.graph().node(0).attribute(0).g();
  ASSERT_EQ(branch.node_size(), 1);
  EXPECT_EQ(branch.node(0).input(0), "x");
  ExpectSameResults(before, after);
}

TEST(EliminateIdentity, LeavesNamesThatABranchUsesForSomethingElse) {
  // Both branches have a value "x" of their own, so "a" cannot be read as the outer "x" there.
  GraphBuilder branch;
  branch.Node("Neg", {"a"}, {"x"}).Output("x", kFloat);
  GraphBuilder b;
  b.Input("c", DType::kBool, {}).Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Identity", {"x"}, {"a"});
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", branch.graph()), Attr("else_branch", branch.graph())});
  ExpectKept(b.model(), "eliminate_identity");
}

TEST(EliminateDropout, GoesInInference) {
  for (const int64_t opset : {7, 11, 13}) {
    GraphBuilder b(opset);
    b.Input("x", kFloat, {2}).Output("y", kFloat);
    b.Node("Dropout", {"x"}, {"a", "mask"}).Node("Relu", {"a"}, {"y"});
    ExpectFused(b.model(), "eliminate_dropout", {"Relu"});
  }
}

TEST(EliminateDropout, StaysInTrainingAndWhereTheMaskIsUsed) {
  GraphBuilder training(13);
  training.Input("x", kFloat, {2}).Output("y", kFloat);
  training.Initializer("ratio", F32({}, {0.5f})).Initializer("mode", Bools({}, {true}));
  training.Node("Dropout", {"x", "ratio", "mode"}, {"a"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(training.model(), "eliminate_dropout");

  GraphBuilder mask(13);
  mask.Input("x", kFloat, {2}).Output("y", kFloat).Output("mask", DType::kBool);
  mask.Node("Dropout", {"x"}, {"a", "mask"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(mask.model(), "eliminate_dropout");

  GraphBuilder old(6);
  old.Input("x", kFloat, {2}).Output("y", kFloat);
  old.Node("Dropout", {"x"}, {"a"}).Node("Relu", {"a"}, {"y"});
  ExpectKept(old.model(), "eliminate_dropout");
}

// x [batch,3] -> `node` (reads x and constants, makes "a") -> Relu -> y, after which only Relu may
// be left.
void ExpectNoOp(GraphBuilder& b) {
  b.Input("x", kFloat, {"batch", 3}).Output("y", kFloat).Node("Relu", {"a"}, {"y"});
  ExpectFused(b.model(), "eliminate_no_ops", {"Relu"});
}
void ExpectAnOp(GraphBuilder& b) {
  b.Input("x", kFloat, {"batch", 3}).Output("y").Node("Relu", {"a"}, {"y"});
  ExpectKept(b.model(), "eliminate_no_ops");
}

TEST(EliminateNoOps, Arithmetic) {
  for (const char* op : {"Add", "Sub"}) {
    GraphBuilder b;
    b.Initializer("k", F32({}, {0})).Node(op, {"x", "k"}, {"a"});
    ExpectNoOp(b);
  }
  for (const char* op : {"Mul", "Div", "Pow"}) {
    GraphBuilder b;
    b.Initializer("k", F32({1, 3}, {1, 1, 1})).Node(op, {"x", "k"}, {"a"});
    ExpectNoOp(b);
  }
  GraphBuilder left;
  left.Initializer("k", F32({1}, {1})).Node("Mul", {"k", "x"}, {"a"});
  ExpectNoOp(left);
}

TEST(EliminateNoOps, ArithmeticThatDoesSomething) {
  GraphBuilder from_zero;
  from_zero.Initializer("k", F32({}, {0})).Node("Sub", {"k", "x"}, {"a"});
  ExpectAnOp(from_zero);
  GraphBuilder one_is_not_one;
  one_is_not_one.Initializer("k", F32({3}, {1, 1, 2})).Node("Mul", {"x", "k"}, {"a"});
  ExpectAnOp(one_is_not_one);
  GraphBuilder more_dimensions;
  more_dimensions.Initializer("k", F32({1, 1, 1}, {1})).Node("Mul", {"x", "k"}, {"a"});
  ExpectAnOp(more_dimensions);
  GraphBuilder larger;  // a batch of one would become four
  larger.Initializer("k", F32({4, 1}, {0, 0, 0, 0})).Node("Add", {"x", "k"}, {"a"});
  ExpectAnOp(larger);
}

TEST(EliminateNoOps, Shapes) {
  GraphBuilder reshape;
  reshape.Initializer("k", I64({2}, {-1, 3})).Node("Reshape", {"x", "k"}, {"a"});
  ExpectNoOp(reshape);
  GraphBuilder expand;
  expand.Initializer("k", I64({1}, {3})).Node("Expand", {"x", "k"}, {"a"});
  ExpectNoOp(expand);
  GraphBuilder transpose;
  transpose.Node("Transpose", {"x"}, {"a"}, {Attr("perm", std::vector<int64_t>{0, 1})});
  ExpectNoOp(transpose);
  GraphBuilder flatten;
  flatten.Node("Flatten", {"x"}, {"a"});
  ExpectNoOp(flatten);
  GraphBuilder tile;
  tile.Initializer("k", I64({2}, {1, 1})).Node("Tile", {"x", "k"}, {"a"});
  ExpectNoOp(tile);
  GraphBuilder pad;
  pad.Initializer("k", I64({4}, {0, 0, 0, 0})).Node("Pad", {"x", "k"}, {"a"});
  ExpectNoOp(pad);
  GraphBuilder concat;
  concat.Node("Concat", {"x"}, {"a"}, {Attr("axis", 0)});
  ExpectNoOp(concat);
  GraphBuilder cast;
  cast.Node("Cast", {"x"}, {"a"}, {Attr("to", 1)});
  ExpectNoOp(cast);
  GraphBuilder resize;
  resize.Initializer("k", F32({2}, {1, 1})).Node("Resize", {"x", "", "k"}, {"a"});
  ExpectNoOp(resize);
}

TEST(EliminateNoOps, ShapesThatChange) {
  GraphBuilder reshape;
  reshape.Initializer("k", I64({2}, {3, -1})).Node("Reshape", {"x", "k"}, {"a"});
  ExpectAnOp(reshape);
  GraphBuilder expand;  // a batch of one would become two
  expand.Initializer("k", I64({2}, {2, 3})).Node("Expand", {"x", "k"}, {"a"});
  ExpectAnOp(expand);
  GraphBuilder transpose;
  transpose.Node("Transpose", {"x"}, {"a"});
  ExpectAnOp(transpose);
  GraphBuilder cast;
  cast.Node("Cast", {"x"}, {"a"}, {Attr("to", 11)});
  ExpectAnOp(cast);
  GraphBuilder resize;
  resize.Initializer("k", F32({2}, {1, 1}))
      .Node("Resize", {"x", "", "k"}, {"a"},
            {Attr("coordinate_transformation_mode", "tf_half_pixel_for_nn")});
  ExpectAnOp(resize);
}

TEST(EliminateNoOps, Slices) {
  const auto slice = [](std::vector<int64_t> numbers) {  // start, end, axis, step
    GraphBuilder b;
    const char* names[] = {"start", "end", "axis", "step"};
    for (size_t i = 0; i < 4; ++i) b.Initializer(names[i], I64({1}, {numbers[i]}));
    b.Node("Slice", {"x", "start", "end", "axis", "step"}, {"a"});
    return b;
  };
  for (const auto& numbers : std::vector<std::vector<int64_t>>{
           {0, INT64_MAX, 0, 1}, {0, 3, 1, 1}, {-3, 7, -1, 1}, {0, INT32_MAX, 0, 1}}) {
    GraphBuilder b = slice(numbers);
    ExpectNoOp(b);
  }
  for (const auto& numbers : std::vector<std::vector<int64_t>>{
           {0, 100, 0, 1}, {1, 3, 1, 1}, {0, 2, 1, 1}, {-1, INT64_MIN, 1, -1}, {0, 3, 1, 2}}) {
    GraphBuilder b = slice(numbers);
    ExpectAnOp(b);
  }
}

TEST(EliminateDeadNodes, NodesAndWeightsThatReachNoOutput) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Initializer("k", F32({1}, {2})).Initializer("unused", F32({1}, {3}));
  b.Node("Relu", {"x"}, {"y"}).Node("Add", {"x", "k"}, {"a"}).Node("Neg", {"a"}, {"b"});
  ExpectFused(b.model(), "eliminate_dead_nodes", {"Relu"});
  Model after = b.model();
  RunPass(after, "eliminate_dead_nodes");
  EXPECT_EQ(after.proto.graph().initializer_size(), 0);
}

TEST(EliminateDeadNodes, KeepsWhatABranchCapturesAndInitializersThatAreInputs) {
  GraphBuilder b;
  b.Input("c", DType::kBool, {})
      .Input("x", kFloat, {2})
      .Input("k", kFloat, {2})
      .Output("y", kFloat);
  b.Initializer("k", F32({2}, {1, 2}));
  b.Node("Relu", {"x"}, {"a"});
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", BranchThatDoubles("a", "t")),
          Attr("else_branch", BranchThatDoubles("x", "e"))});
  ExpectKept(b.model(), "eliminate_dead_nodes");
}

TEST(EliminateDeadNodes, KeepsWhatAnnotationsName) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat).Initializer("scale", F32({}, {2}));
  b.Node("Relu", {"x"}, {"y"});
  auto& annotation = *b.graph().add_quantization_annotation();
  annotation.set_tensor_name("y");
  auto* entry = annotation.add_quant_parameter_tensor_names();
  entry->set_key("SCALE_TENSOR");
  entry->set_value("scale");
  ExpectKept(b.model(), "eliminate_dead_nodes");
}

TEST(EliminateDeadNodes, InsideBranches) {
  onnx::GraphProto branch = BranchThatDoubles("a", "t");
  onnx::NodeProto& dead = *branch.add_node();
  dead.set_op_type("Neg");
  dead.add_input("b");
  dead.add_output("t_dead");
  GraphBuilder b;
  b.Input("c", DType::kBool, {}).Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Relu", {"x"}, {"a"}).Node("Abs", {"x"}, {"b"});
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", branch), Attr("else_branch", BranchThatDoubles("a", "e"))});
  ExpectFused(b.model(), "eliminate_dead_nodes", {"Relu", "If"});
}

TEST(EliminateCommonSubexpressions, EqualNodesBecomeOne) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Initializer("k", F32({1}, {2})).Initializer("m", F32({1}, {2}));
  b.Node("Add", {"x", "k"}, {"a"}).Node("Add", {"x", "m"}, {"b"});
  b.Node("Relu", {"a"}, {"c"}).Node("Relu", {"b"}, {"d"}).Node("Mul", {"c", "d"}, {"y"});
  ExpectFused(b.model(), "eliminate_common_subexpressions", {"Add", "Relu", "Mul"});
}

TEST(EliminateCommonSubexpressions, OutputsKeepTheirNames) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat).Output("z", kFloat);
  b.Node("Relu", {"x"}, {"a"}).Node("Neg", {"a"}, {"z"}).Node("Relu", {"x"}, {"y"});
  ExpectFused(b.model(), "eliminate_common_subexpressions", {"Relu", "Neg"});

  GraphBuilder both;
  both.Input("x", kFloat, {2}).Output("y", kFloat).Output("z", kFloat);
  both.Node("Relu", {"x"}, {"y"}).Node("Relu", {"x"}, {"z"});
  ExpectKept(both.model(), "eliminate_common_subexpressions");
}

TEST(EliminateCommonSubexpressions, OtherAttributesAndRandomNumbersStay) {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 2}).Output("y", kFloat);
  b.Node("Softmax", {"x"}, {"a"}, {Attr("axis", 0)})
      .Node("Softmax", {"x"}, {"b"}, {Attr("axis", 1)});
  b.Node("Add", {"a", "b"}, {"y"});
  ExpectKept(b.model(), "eliminate_common_subexpressions");

  GraphBuilder random;
  random.Input("x", kFloat, {2}).Output("y", kFloat);
  random.Node("RandomNormalLike", {"x"}, {"a"}).Node("RandomNormalLike", {"x"}, {"b"});
  random.Node("Add", {"a", "b"}, {"y"});
  ExpectKept(random.model(), "eliminate_common_subexpressions");
}

TEST(EliminateCommonSubexpressions, EqualMatricesAreReadAsOneVectorsAreNot) {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 2}).Output("y", kFloat);
  b.Initializer("v", Iota({2, 2})).Initializer("w", Iota({2, 2})).Initializer("u", Iota({2, 2}, 1));
  b.Initializer("p", F32({2}, {1, 2})).Initializer("q", F32({2}, {1, 2}));
  b.Node("Gemm", {"x", "v", "p"}, {"a"}).Node("Gemm", {"a", "w", "q"}, {"b"});
  b.Node("MatMul", {"b", "u"}, {"y"});
  Model after = b.model();
  EXPECT_TRUE(RunPass(after, "eliminate_common_subexpressions"));
  const auto& second = after.proto.graph().node(1);
  EXPECT_EQ(second.input(1), "v");
  EXPECT_EQ(second.input(2), "q");
  EXPECT_EQ(after.proto.graph().node(2).input(1), "u");
  ExpectSameResults(b.model(), after);
  EXPECT_FALSE(RunPass(after, "eliminate_common_subexpressions"));
}

TEST(EliminateCommonSubexpressions, ConstantsThatACallerMayReplaceStay) {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 2}).Input("w", kFloat, {2, 2}).Output("y", kFloat);
  b.Initializer("v", Iota({2, 2})).Initializer("w", Iota({2, 2}));
  b.Node("MatMul", {"x", "v"}, {"a"}).Node("MatMul", {"a", "w"}, {"y"});
  ExpectKept(b.model(), "eliminate_common_subexpressions");
}

TEST(NameNodes, GivesNamesThatAreFree) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Relu", {"x"}, {"a"}, {}, "Relu_0").Node("Relu", {"a"}, {"b"}).Node("Neg", {"b"}, {"y"});
  Model after = b.model();
  EXPECT_TRUE(RunPass(after, "name_nodes"));
  EXPECT_EQ(after.proto.graph().node(0).name(), "Relu_0");
  EXPECT_EQ(after.proto.graph().node(1).name(), "Relu_1");
  EXPECT_EQ(after.proto.graph().node(2).name(), "Neg_0");
  EXPECT_FALSE(RunPass(after, "name_nodes"));
}

}  // namespace
}  // namespace quantab
