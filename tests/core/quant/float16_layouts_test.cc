// The layouts of the two Python functions. Expected nodes are what convert_float_to_float16 of
// onnxruntime 1.31.1 and of onnxconverter-common 1.16.0 made of the same models; in an order in
// which they can run, while onnxruntime appends its Casts.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/core/quant/float16_testing.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

using Lines = std::vector<std::string>;

QuantGraphBuilder ResizeAndExp() {
  QuantGraphBuilder b;
  b.Input("x", {1, 1, 4, 4}).Output("y", {1, 1, 8, 8});
  b.Weight("w", {1, 1, 1, 1}, {1}).Weight("s", {4}, {1, 1, 2, 2}).Weight("b", {1}, {1});
  b.Node("Conv", {"x", "w"}, {"c"}, "conv");
  b.Node("Resize", {"c", "", "s"}, {"r"}, "resize");
  b.Node("Exp", {"r"}, {"e"}, "exp");
  b.Node("Mul", {"e", "b"}, {"y"}, "mul");
  return b;
}

TEST(Float16Layouts, OnnxRuntime) {
  const Float16Options options{.variant = "onnxruntime", .op_block_list = {{"Exp"}}};
  EXPECT_EQ(HalfLines(ResizeAndExp(), options),
            (Lines{"Conv conv(x,w)->c", "Resize resize(c,,s)->r",
                   "Cast r_cast_to_fp32_node(r)->r_cast_to_fp32",
                   "Exp exp(r_cast_to_fp32)->e_cast_to_fp16",
                   "Cast e_cast_to_fp16_node(e_cast_to_fp16)->e", "Mul mul(e,b)->y"}));
  const Model model = ConvertFloatToFloat16(ResizeAndExp().model(), options).model;
  EXPECT_EQ(TypeOf(*InitializerOf(model, "s")), DType::kFloat);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "w")), DType::kFloat16);
}

TEST(Float16Layouts, OnnxRuntimeWithFloatInputsAndOutputs) {
  const Float16Options options{
      .variant = "onnxruntime", .keep_io_types = true, .op_block_list = {{"Exp"}}};
  EXPECT_EQ(
      HalfLines(ResizeAndExp(), options),
      (Lines{"Cast graph_input_cast0(x)->graph_input_cast_0", "Conv conv(graph_input_cast_0,w)->c",
             "Resize resize(c,,s)->r", "Cast r_cast_to_fp32_node(r)->r_cast_to_fp32",
             "Exp exp(r_cast_to_fp32)->e_cast_to_fp16",
             "Cast e_cast_to_fp16_node(e_cast_to_fp16)->e", "Mul mul(e,b)->graph_output_cast_0",
             "Cast graph_output_cast0(graph_output_cast_0)->y"}));
}

TEST(Float16Layouts, OnnxConverter) {
  const Float16Options options{.variant = "onnxconverter_common",
                               .op_block_list = {{"Exp", "Resize"}}};
  EXPECT_EQ(HalfLines(ResizeAndExp(), options),
            (Lines{"Conv conv(x,w)->c", "Cast resize_input_cast0(c)->resize_input_cast_0",
                   "Resize resize(resize_input_cast_0,,s)->resize_output_cast_0",
                   "Exp exp(resize_output_cast_0)->exp_output_cast_0",
                   "Cast exp_output_cast0(exp_output_cast_0)->e", "Mul mul(e,b)->y"}));
}

TEST(Float16Layouts, OnnxConverterWithFloatInputsAndOutputs) {
  const Float16Options options{.variant = "onnxconverter_common",
                               .keep_io_types = true,
                               .op_block_list = {{"Exp", "Resize"}}};
  EXPECT_EQ(HalfLines(ResizeAndExp(), options),
            (Lines{"Cast x_cast_to_conv(x)->x_cast_to_conv", "Conv conv(x_cast_to_conv,w)->c",
                   "Cast resize_input_cast0(c)->resize_input_cast_0",
                   "Resize resize(resize_input_cast_0,,s)->resize_output_cast_0",
                   "Exp exp(resize_output_cast_0)->exp_output_cast_0",
                   "Cast exp_output_cast0(exp_output_cast_0)->e", "Mul mul(e,b)->mul_cast_to_y",
                   "Cast mul_cast_to_y(mul_cast_to_y)->y"}));
}

// There onnxruntime makes r_cast_to_fp32 twice.
TEST(Float16Layouts, BlockedNodesShareACast) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Relu", {"x"}, {"r"}, "relu");
  b.Node("Max", {"r", "r"}, {"a"}, "max");
  b.Node("Min", {"r", "a"}, {"y"}, "min");
  const Float16Result result = ConvertFloatToFloat16(b.model(), {.variant = "onnxruntime"});
  EXPECT_TRUE(result.variant_layout);
  EXPECT_EQ(LinesOf(result.model.proto.graph()),
            (Lines{"Relu relu(x)->r", "Cast r_cast_to_fp32_node(r)->r_cast_to_fp32",
                   "Max max(r_cast_to_fp32,r_cast_to_fp32)->a_cast_to_fp16",
                   "Cast a_cast_to_fp16_node(a_cast_to_fp16)->a",
                   "Cast a_cast_to_fp32_node(a)->a_cast_to_fp32",
                   "Min min(r_cast_to_fp32,a_cast_to_fp32)->y_cast_to_fp16",
                   "Cast y_cast_to_fp16_node(y_cast_to_fp16)->y"}));
}

// onnxconverter_common leaves the Cast as it is, which runtimes refuse.
TEST(Float16Layouts, CastsToFloatAreRetargeted) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Ints("i", {1, 2});
  SetIntOf(b.Node("Cast", {"i"}, {"f"}, "cast"), "to", kFloatType);
  b.Node("Mul", {"x", "f"}, {"y"}, "mul");
  const Float16Result result =
      ConvertFloatToFloat16(b.model(), {.variant = "onnxconverter_common"});
  EXPECT_TRUE(result.variant_layout);
  EXPECT_EQ(MakerOf(result.model, "f")->attribute(0).i(), kHalfType);
}

// The output of a blocked node comes out of onnxconverter_common as float16 all the same.
TEST(Float16Layouts, WhatIsNotValidIsMadeInAnotherWay) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Max", {"x"}, {"y"}, "max");
  Warnings warnings;
  const Float16Result result = ConvertFloatToFloat16(
      b.model(), {.variant = "onnxconverter_common", .keep_io_types = true}, &warnings);
  EXPECT_FALSE(result.variant_layout);
  EXPECT_EQ(TypeOfOutput(result.model, 0), kFloatType);
  EXPECT_TRUE(warnings.Mention("not valid"));
}

TEST(Float16Layouts, WhatTheReferenceLacksIsNoFault) {
  Warnings warnings;
  const Float16Result result =
      ConvertFloatToFloat16(ResizeAndExp().model(),
                            {.variant = "onnxconverter_common", .keep_io_names = {"x"}}, &warnings);
  EXPECT_FALSE(result.variant_layout);
  EXPECT_EQ(warnings.text, "");
  EXPECT_EQ(TypeOfInput(result.model, 0), kFloatType);
  EXPECT_EQ(TypeOfOutput(result.model, 0), kHalfType);
}

// Neither reference leaves a node out around which it knows no types; its result is valid.
TEST(Float16Layouts, NodesThatAreNotLeftOutAreToldOf) {
  for (const char* variant : {"onnxruntime", "onnxconverter_common"}) {
    QuantGraphBuilder b;
    b.Input("x", {2}).Output("y", {2});
    b.Node("Relu", {"x"}, {"r"}, "relu");
    b.Node("Exp", {"r"}, {"e"}, "exp");
    b.Node("Relu", {"e"}, {"y"}, "last");
    Float16Options options{.variant = variant, .op_block_list = {{"Exp"}}};
    Warnings warnings;
    EXPECT_EQ(ConvertFloatToFloat16(b.model(), options, &warnings).nodes_in_float, Lines{"exp"});
    EXPECT_EQ(warnings.text, "");
    options.disable_shape_infer = true;
    const Float16Result result = ConvertFloatToFloat16(b.model(), options, &warnings);
    EXPECT_EQ(LinesOf(result.model.proto.graph()),
              (Lines{"Relu relu(x)->r", "Exp exp(r)->e", "Relu last(e)->y"}));
    EXPECT_TRUE(result.nodes_in_float.empty());
    EXPECT_TRUE(warnings.Mention("Node 'exp' computes in float16"));
  }
}

TEST(Float16Layouts, Float16IsRefusedWhereItIsChecked) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  SetIntOf(b.Node("Cast", {"x"}, {"h"}, "down"), "to", kHalfType);
  SetIntOf(b.Node("Cast", {"h"}, {"y"}, "up"), "to", kFloatType);
  try {
    ConvertFloatToFloat16(b.model(), {.variant = "onnxconverter_common"});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(e.message().find("check_fp16_ready"), std::string::npos);
  }
  const Float16Options unchecked{.variant = "onnxconverter_common", .check_fp16_ready = false};
  EXPECT_EQ(TypeOfOutput(ConvertFloatToFloat16(b.model(), unchecked).model, 0), kHalfType);
}

TEST(Float16Layouts, Bfloat16IslandsOfOnnxRuntime) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Relu", {"x"}, {"r"}, "relu");
  b.Node("Exp", {"r"}, {"e"}, "exp");
  b.Node("Relu", {"e"}, {"y"}, "last");
  Float16Options options{.variant = "onnxruntime",
                         .op_block_list = {{"Exp"}},
                         .use_bfloat16_as_blocked_nodes_dtype = true};
  const Model model = ConvertFloatToFloat16(b.model(), options).model;
  EXPECT_EQ(MakerOf(model, "r_cast_to_fp32")->attribute(0).i(), onnx::TensorProto::BFLOAT16);
  options.variant = "quantab";
  EXPECT_THROW(ConvertFloatToFloat16(b.model(), options), Error);
}

}  // namespace
}  // namespace quantab
