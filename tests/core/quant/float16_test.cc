// The default form of float16 models. Expected graphs are worked by hand; that ONNX Runtime loads
// such models and computes the same was tried with onnxruntime 1.31.1.
#include "core/quant/float16.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "core/quant/float16_types.h"
#include "tests/core/quant/float16_testing.h"

namespace quantab {
namespace {

using Lines = std::vector<std::string>;

Model Half(const QuantGraphBuilder& b, const Float16Options& options = {}) {
  const Model model = ConvertFloatToFloat16(b.model(), options).model;
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementTypes(model.proto).complaint(), std::nullopt);
  return model;
}

ErrorCode CodeOf(const Model& model, const Float16Options& options) {
  try {
    ConvertFloatToFloat16(model, options);
  } catch (const Error& e) {
    return e.code();
  }
  ADD_FAILURE() << "No error.";
  return ErrorCode::kInternal;
}

TEST(Float16, AllOfAPlainModel) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  const Float16Result result = ConvertFloatToFloat16(b.model(), {});
  EXPECT_EQ(LinesOf(result.model.proto.graph()), Lines{"MatMul m(x,w)->y"});
  EXPECT_EQ(TypeOfInput(result.model, 0), kHalfType);
  EXPECT_EQ(TypeOfOutput(result.model, 0), kHalfType);
  EXPECT_EQ(TypeOf(*InitializerOf(result.model, "w")), DType::kFloat16);
  EXPECT_TRUE(result.nodes_in_float.empty());
  EXPECT_TRUE(result.variant_layout);
}

TEST(Float16, WeightsAmongTheInputsAreNoInputsToKeep) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Input("w", {3, 3}).Weight("w", {3, 3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  const Model all = Half(b, {.keep_io_types = true});
  EXPECT_EQ(TypeOfInput(all, 0), kFloatType);
  EXPECT_EQ(TypeOfInput(all, 1), kHalfType);
  EXPECT_EQ(TypeOf(*InitializerOf(all, "w")), DType::kFloat16);
  const Model named = Half(b, {.keep_io_names = {"w"}});
  EXPECT_EQ(TypeOfInput(named, 0), kHalfType);
  EXPECT_EQ(TypeOfInput(named, 1), kFloatType);
  EXPECT_EQ(TypeOf(*InitializerOf(named, "w")), DType::kFloat);
}

TEST(Float16, InputsAndOutputsCanStay) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2}).Output("z", {2});
  b.Node("Relu", {"x"}, {"y"}, "r");
  b.Node("Neg", {"y"}, {"z"}, "n");
  EXPECT_EQ(LinesOf(Half(b, {.keep_io_types = true}).proto.graph()),
            (Lines{"Cast x_float16_cast(x)->x_float16", "Relu r(x_float16)->y_float16",
                   "Cast y_cast(y_float16)->y", "Neg n(y_float16)->z_float16",
                   "Cast z_cast(z_float16)->z"}));
  const Model one = Half(b, {.keep_io_names = {"z"}});
  EXPECT_EQ(LinesOf(one.proto.graph()),
            (Lines{"Relu r(x)->y", "Neg n(y)->z_float16", "Cast z_cast(z_float16)->z"}));
  EXPECT_EQ(TypeOfInput(one, 0), kHalfType);
  EXPECT_EQ(TypeOfOutput(one, 0), kHalfType);
  EXPECT_EQ(TypeOfOutput(one, 1), kFloatType);
}

TEST(Float16, OneCastForAllBlockedReadersAndNoneBetweenThem) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Relu", {"x"}, {"r"}, "relu");
  b.Node("Max", {"r", "r"}, {"a"}, "max");
  b.Node("Min", {"r", "a"}, {"c"}, "min");
  b.Node("Add", {"c", "r"}, {"y"}, "add");
  const Float16Result result = ConvertFloatToFloat16(b.model(), {});
  EXPECT_EQ(LinesOf(result.model.proto.graph()),
            (Lines{"Relu relu(x)->r", "Cast r_float32_cast(r)->r_float32",
                   "Max max(r_float32,r_float32)->a", "Min min(r_float32,a)->c",
                   "Cast c_float16_cast(c)->c_float16", "Add add(c_float16,r)->y"}));
  EXPECT_EQ(result.nodes_in_float, (Lines{"max", "min"}));
}

TEST(Float16, ConstantsOfBothKindsOfReadersAreThereOncePerType) {
  QuantGraphBuilder b;
  const std::vector<float> values = {0.1f, 1e-9f};
  b.Input("x", {2}).Weight("w", {2}, values).Output("y", {2});
  b.Node("Max", {"x", "w"}, {"a"}, "max");
  b.Node("Min", {"a", "w"}, {"c"}, "min");
  b.Node("Mul", {"c", "w"}, {"y"}, "mul");
  const Float16Result result = ConvertFloatToFloat16(b.model(), {});
  const Model& model = result.model;
  EXPECT_EQ(model.proto.graph().initializer_size(), 2);
  EXPECT_EQ(ElementsOf<float>(model, "w_float32"), values);
  EXPECT_EQ(ElementsOf<uint16_t>(model, "w"), (std::vector<uint16_t>{0x2e66, 1}));  // by numpy
  EXPECT_EQ(result.clamped_small, 1u);
  const Model forced = Half(b, {.force_fp16_initializers = true});
  EXPECT_EQ(forced.proto.graph().initializer_size(), 1);
  EXPECT_EQ(MakerOf(forced, "w_float32")->op_type(), "Cast");
}

TEST(Float16, NodesAndOperatorsCanBeLeftOut) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Relu", {"x"}, {"r"}, "relu");
  b.Node("Exp", {"r"}, {"y"}, "exp");
  EXPECT_EQ(HalfLines(b, {.node_block_list = {"exp"}}),
            (Lines{"Relu relu(x)->r", "Cast r_float32_cast(r)->r_float32",
                   "Exp exp(r_float32)->y_float32", "Cast y_cast(y_float32)->y"}));
  EXPECT_EQ(HalfLines(b, {.op_block_list = {{"Relu", "Exp"}}}),
            (Lines{"Cast x_float32_cast(x)->x_float32", "Relu relu(x_float32)->r",
                   "Exp exp(r)->y_float32", "Cast y_cast(y_float32)->y"}));
}

TEST(Float16, ScalesOfResizeStayWhereTheSchemaHasThem) {
  for (const int64_t opset : {10, 13}) {
    QuantGraphBuilder b(opset);
    b.Input("x", {1, 1, 2, 2}).Weight("s", {4}, {1, 1, 2, 2}).Output("y", {1, 1, 4, 4});
    b.Node("Resize", opset == 10 ? Lines{"x", "s"} : Lines{"x", "", "s"}, {"y"}, "resize");
    const Model model = Half(b);
    EXPECT_EQ(model.proto.graph().node_size(), 1);
    EXPECT_EQ(TypeOf(*InitializerOf(model, "s")), DType::kFloat);
    EXPECT_EQ(TypeOfOutput(model, 0), kHalfType);
  }
}

// By their schema: no list names them.
TEST(Float16, OperatorsWithoutFloat16StayInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Output("y", {2, 3});
  b.Node("Relu", {"x"}, {"r"}, "relu");
  b.Node("Scaler", {"r"}, {"y"}, "scaler").set_domain("ai.onnx.ml");
  Model model = b.model();
  auto* ml = model.proto.add_opset_import();
  ml->set_domain("ai.onnx.ml");
  ml->set_version(1);
  const Float16Options nothing_blocked{.op_block_list = std::vector<std::string>{}};
  EXPECT_EQ(LinesOf(ConvertFloatToFloat16(model, nothing_blocked).model.proto.graph()),
            (Lines{"Relu relu(x)->r", "Cast r_float32_cast(r)->r_float32",
                   "Scaler scaler(r_float32)->y_float32", "Cast y_cast(y_float32)->y"}));
}

TEST(Float16, CastsFollowTheirReaders) {
  for (const bool blocked : {false, true}) {
    QuantGraphBuilder b;
    b.Input("x", {2}).Output("y", {2}).Ints("i", {1, 2});
    SetIntOf(b.Node("Cast", {"i"}, {"f"}, "cast"), "to", kFloatType);
    b.Node(blocked ? "Max" : "Mul", {"x", "f"}, {"y"}, "m");
    const Model model = Half(b);
    EXPECT_EQ(MakerOf(model, "f")->attribute(0).i(), blocked ? kFloatType : kHalfType);
  }
}

TEST(Float16, IdleCastsAreTakenOut) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  SetIntOf(b.Node("Cast", {"x"}, {"h"}, "down"), "to", kHalfType);
  SetIntOf(b.Node("Cast", {"h"}, {"f"}, "up"), "to", kFloatType);
  b.Node("Relu", {"f"}, {"y"}, "relu");
  EXPECT_EQ(HalfLines(b), Lines{"Relu relu(x)->y"});
  EXPECT_EQ(HalfLines(b, {.op_block_list = {{"Relu"}}}),
            (Lines{"Cast up(x)->f", "Relu relu(f)->y_float32", "Cast y_cast(y_float32)->y"}));
}

TEST(Float16, ConstantNodesOfEveryKind) {
  for (const char* kind : {"value", "value_float", "value_floats"}) {
    QuantGraphBuilder b;
    b.Input("x", {1}).Output("y", {1});
    onnx::AttributeProto& value = *b.Node("Constant", {}, {"c"}, "k").add_attribute();
    value.set_name(kind);
    if (value.name() == "value") {
      value.set_type(onnx::AttributeProto::TENSOR);
      value.mutable_t()->set_data_type(kFloatType);
      value.mutable_t()->add_float_data(2.5f);
    } else if (value.name() == "value_float") {
      value.set_type(onnx::AttributeProto::FLOAT);
      value.set_f(2.5f);
    } else {
      value.set_type(onnx::AttributeProto::FLOATS);
      value.add_floats(2.5f);
    }
    b.Node("Max", {"x", "c"}, {"a"}, "max");
    b.Node("Mul", {"a", "c"}, {"y"}, "mul");
    const Model model = Half(b);
    EXPECT_EQ(CountOf(model, "Constant"), 2) << kind;
    const onnx::TensorProto& half = MakerOf(model, "c_float16")->attribute(0).t();
    EXPECT_EQ(LoadBlob(*BytesOf(model, half)),
              (std::vector<std::byte>{std::byte{0}, std::byte{0x41}}));  // 2.5 by numpy
  }
}

TEST(Float16, WhatSaysNoTypeGetsOne) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Output("y", {2, 2}).Output("e", {2, 2});
  b.Node("Shape", {"x"}, {"s"}, "shape");
  b.Node("ConstantOfShape", {"s"}, {"z"}, "zeros");
  b.Node("EyeLike", {"x"}, {"e"}, "eye");
  b.Node("Add", {"z", "x"}, {"y"}, "add");
  const Model model = Half(b);
  EXPECT_EQ(MakerOf(model, "z")->attribute(0).t().data_type(), kHalfType);
  // ONNX Runtime has no EyeLike of float16.
  EXPECT_EQ(LinesOf(model.proto.graph())[2], "EyeLike eye(x)->e_float32");
  EXPECT_EQ(MakerOf(model, "e_float32")->attribute(0).i(), kFloatType);
}

// If with `op` on the captured value a in one branch, and its twin in the other.
QuantGraphBuilder Branches(const std::string& op) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  auto& condition = *b.graph().add_input();
  condition.set_name("c");
  condition.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
  condition.mutable_type()->mutable_tensor_type()->mutable_shape();
  b.Node("Relu", {"x"}, {"a"}, "relu");
  onnx::NodeProto& node = b.Node("If", {"c"}, {"y"}, "if");
  for (const char* name : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    onnx::GraphProto& graph = *attribute.mutable_g();
    graph.set_name(name);
    onnx::NodeProto& inner = *graph.add_node();
    inner.set_op_type(op);
    inner.set_name(std::string(name) + "_op");
    inner.add_input("a");
    inner.add_input("a");
    inner.add_output(std::string(name) + "_out");
    onnx::ValueInfoProto& output = *graph.add_output();
    output.set_name(inner.output(0));
    output.mutable_type()->mutable_tensor_type()->set_elem_type(kFloatType);
    output.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(2);
  }
  return b;
}

TEST(Float16, GraphsInsideGraphs) {
  const Model plain = Half(Branches("Mul"));
  EXPECT_EQ(LinesOf(plain.proto.graph()), (Lines{"Relu relu(x)->a", "If if(c)->y"}));
  const onnx::GraphProto& branch = plain.proto.graph().node(1).attribute(0).g();
  EXPECT_EQ(branch.output(0).type().tensor_type().elem_type(), kHalfType);

  // The Cast for both branches is outside.
  const Model blocked = Half(Branches("Max"));
  EXPECT_EQ(LinesOf(blocked.proto.graph()),
            (Lines{"Relu relu(x)->a", "Cast a_float32_cast(a)->a_float32", "If if(c)->y"}));
  EXPECT_EQ(LinesOf(blocked.proto.graph().node(2).attribute(0).g()),
            (Lines{"Max then_branch_op(a_float32,a_float32)->then_branch_out_float32",
                   "Cast then_branch_out_cast(then_branch_out_float32)->then_branch_out"}));
}

TEST(Float16, ABlockedIfIsLeftAsAWhole) {
  const Float16Result result =
      ConvertFloatToFloat16(Branches("Mul").model(), {.op_block_list = {{"If"}}});
  EXPECT_EQ(LinesOf(result.model.proto.graph()),
            (Lines{"Relu relu(x)->a", "Cast a_float32_cast(a)->a_float32", "If if(c)->y_float32",
                   "Cast y_cast(y_float32)->y"}));
  EXPECT_EQ(result.nodes_in_float, (Lines{"if", "then_branch_op", "else_branch_op"}));
}

TEST(Float16, QuantizedPartsStayAsTheyAre) {
  QuantGraphBuilder b(21);
  b.Input("x", {2, 2}).Weight("s", {}, {0.1f}).Output("y", {2, 2});
  onnx::TensorProto& zero = *b.graph().add_initializer();
  zero.set_name("z");
  zero.set_data_type(onnx::TensorProto::INT8);
  zero.add_int32_data(0);
  onnx::TensorProto& weight = *b.graph().add_initializer();
  weight.set_name("w");
  weight.set_data_type(onnx::TensorProto::INT8);
  weight.add_dims(2);
  weight.add_dims(2);
  for (int i = 0; i < 4; ++i) weight.add_int32_data(i);
  b.Node("QuantizeLinear", {"x", "s", "z"}, {"q"}, "q");
  b.Node("DequantizeLinear", {"q", "s", "z"}, {"d"}, "d");
  b.Node("DequantizeLinear", {"w", "s", "z"}, {"wd"}, "wd");
  b.Node("MatMul", {"d", "wd"}, {"m"}, "m");
  b.Node("Relu", {"m"}, {"r"}, "r");
  b.Node("DequantizeLinear", {"w", "s", "z"}, {"v"}, "v");
  b.Node("MatMul", {"r", "v"}, {"y"}, "weight_only");
  const Float16Result result = ConvertFloatToFloat16(b.model(), {});
  EXPECT_EQ(
      LinesOf(result.model.proto.graph()),
      (Lines{"Cast x_float32_cast(x)->x_float32", "QuantizeLinear q(x_float32,s_float32,z)->q",
             "DequantizeLinear d(q,s_float32,z)->d", "DequantizeLinear wd(w,s_float32,z)->wd",
             "MatMul m(d,wd)->m", "Cast m_float16_cast(m)->m_float16", "Relu r(m_float16)->r",
             "DequantizeLinear v(w,s,z)->v", "MatMul weight_only(r,v)->y"}));
  EXPECT_EQ(ElementTypes(result.model.proto).complaint(), std::nullopt);
}

TEST(Float16, SequencesAreOfOneTypeThroughout) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Output("y", {1, 3});
  b.Ints("i", {0});
  b.graph().mutable_initializer(0)->clear_dims();
  b.Node("SplitToSequence", {"x"}, {"s"}, "split");
  b.Node("SequenceAt", {"s", "i"}, {"a"}, "at");
  b.Node("Relu", {"a"}, {"y"}, "relu");
  EXPECT_EQ(LinesOf(Half(b).proto.graph()).size(), 3u);
  // A blocked reader takes the maker with it: no Cast changes a sequence.
  EXPECT_EQ(HalfLines(b, {.node_block_list = {"at"}}),
            (Lines{"Cast x_float32_cast(x)->x_float32", "SplitToSequence split(x_float32)->s",
                   "SequenceAt at(s,i)->a", "Cast a_float16_cast(a)->a_float16",
                   "Relu relu(a_float16)->y"}));
}

TEST(Float16, OperatorsOfOthersStayInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Own", {"x"}, {"o"}, "own").set_domain("example.com");
  b.Node("Relu", {"o"}, {"y"}, "relu");
  EXPECT_EQ(HalfLines(b), (Lines{"Cast x_float32_cast(x)->x_float32", "Own own(x_float32)->o",
                                 "Cast o_float16_cast(o)->o_float16", "Relu relu(o_float16)->y"}));
}

TEST(Float16, ModelsOfFloat16AndDoubleAreLeftAlone) {
  for (const int type : {kHalfType, static_cast<int>(onnx::TensorProto::DOUBLE)}) {
    QuantGraphBuilder b;
    b.Input("x", {2}).Output("y", {2});
    b.Node("Relu", {"x"}, {"y"}, "relu");
    for (auto* info : {b.graph().mutable_input(0), b.graph().mutable_output(0)}) {
      info->mutable_type()->mutable_tensor_type()->set_elem_type(type);
    }
    for (const char* variant : {"quantab", "onnxruntime"}) {
      EXPECT_EQ(
          ConvertFloatToFloat16(b.model(), {.variant = variant}).model.proto.SerializeAsString(),
          b.model().proto.SerializeAsString());
    }
  }
}

TEST(Float16, WrongOptionsAreNamed) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Relu", {"x"}, {"y"}, "relu");
  const Float16Options wrong[] = {{.variant = "numpy"},
                                  {.keep_io_names = {"nothing"}},
                                  {.node_block_list = {"nothing"}},
                                  {.min_positive_val = 1e-9},
                                  {.min_positive_val = std::nan("")},
                                  {.max_finite_val = 65505},
                                  {.min_positive_val = 10, .max_finite_val = 1},
                                  {.force_fp16_inputs = {{"Resize", {-1}}}}};
  for (const Float16Options& options : wrong) {
    EXPECT_EQ(CodeOf(b.model(), options), ErrorCode::kInvalidArgument);
  }
}

TEST(Float16, MalformedModelsAreErrors) {
  QuantGraphBuilder cycle;
  cycle.Node("Add", {"a", "b"}, {"b"}, "n");
  EXPECT_EQ(CodeOf(cycle.model(), {}), ErrorCode::kInvalidModel);
  // Nodes without inputs, with too many, with no attributes and with tensors of no type.
  QuantGraphBuilder odd;
  odd.Input("x", {2});
  odd.Node("Relu", {}, {"a"}, "none");
  odd.Node("Relu", {"x", "x", "x"}, {"b", "c"}, "many");
  odd.Node("Cast", {"x"}, {"d"}, "cast");
  odd.Node("Cast", {"x"}, {""}, "nameless");
  odd.Node("Constant", {}, {"e"}, "constant");
  odd.Node("Loop", {"x"}, {"f"}, "loop");
  odd.Node("DequantizeLinear", {}, {"g"}, "dequantize");
  odd.Node("SequenceAt", {}, {"h"}, "at");
  for (const char* variant : {"quantab", "onnxruntime", "onnxconverter_common"}) {
    EXPECT_NO_THROW(ConvertFloatToFloat16(odd.model(), {.variant = variant})) << variant;
  }
}

TEST(Float16, ConvertsConstantsThatAnOldFormatListsAsInputs) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2}).Input("w", {2, 2}).Weight("w", {2, 2}, {1, 2, 3, 4});
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  b.Output("y", {1, 2});
  Model model = b.model();
  model.proto.set_ir_version(3);
  const Model half = ConvertFloatToFloat16(model, {.keep_io_types = true}).model;
  ASSERT_EQ(half.proto.graph().input_size(), 1);
  EXPECT_EQ(half.proto.graph().input(0).name(), "x");
  EXPECT_EQ(TypeOf(*InitializerOf(half, "w")), DType::kFloat16);
}

}  // namespace
}  // namespace quantab
