// QDQ quantization where ONNX Runtime's goes wrong or has no fixture; the rest is in
// golden_test.cc.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/onnx/official.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

constexpr float kScale = 5.0f / 255;  // of every activation here, whose range is [-2, 3]

// A bias as DequantizeLinear gives it back.
std::vector<float> BiasOf(const Model& model, const std::string& name) {
  const std::vector<int32_t> q = ElementsOf<int32_t>(model, name + "_quantized");
  const std::vector<float> scale = ElementsOf<float>(model, name + "_quantized_scale");
  std::vector<float> values;
  for (size_t i = 0; i < q.size(); ++i) {
    values.push_back(static_cast<float>(q[i]) * scale.at(i % scale.size()));
  }
  return values;
}

void ExpectNear(const std::vector<float>& a, const std::vector<float>& b, float tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

TEST(Qdq, BetaIsMultipliedIntoC) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {3}, {1, -2, 3}).Output("y", {2, 3});
  onnx::AttributeProto& beta = *b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a").add_attribute();
  beta.set_name("beta");
  beta.set_type(onnx::AttributeProto::FLOAT);
  beta.set_f(-2);
  for (const bool per_channel : {false, true}) {
    StaticOptions options;
    options.per_channel = per_channel;
    const Model model = Static(b.model(), options);
    ExpectNear(BiasOf(model, "c"), {-2, 4, -6}, 1e-3f);
    EXPECT_EQ(MakerOf(model, "y_QuantizeLinear_Input")->attribute(0).f(), 1);
  }
  StaticOptions options;
  options.quantize_bias = false;
  const Model model = Static(b.model(), options);
  EXPECT_EQ(ElementsOf<float>(model, "c"), (std::vector<float>{1, -2, 3}));
  EXPECT_EQ(MakerOf(model, "y_QuantizeLinear_Input")->attribute(0).f(), -2);
}

TEST(Qdq, BiasesOfRowsHaveAScalePerColumn) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {1, 3}, {1, -2, 3}).Output("y", {2, 3});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  StaticOptions options;
  options.per_channel = true;
  const Model model = Static(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  ExpectNear(BiasOf(model, "c"), {1, -2, 3}, 1e-3f);
  EXPECT_EQ(MakerOf(model, "c")->attribute(0).i(), 1);
}

TEST(Qdq, BiasesOfAnotherShapeStayInFloatPerChannel) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {2, 1}, {1, -2}).Output("y", {2, 3});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  StaticOptions options;
  options.per_channel = true;
  Warnings warnings;
  EXPECT_EQ(ElementsOf<float>(Static(b.model(), options, &warnings), "c"),
            (std::vector<float>{1, -2}));
  EXPECT_TRUE(warnings.Mention("'c'")) << warnings.text;
}

TEST(Qdq, GroupsOfAConvTransposeShareScales) {
  QuantGraphBuilder b;
  b.Input("x", {1, 4, 3, 3}).Weight("w", {4, 3, 2, 2}).Output("y", {1, 6, 4, 4});
  b.Weight("c", {6}, {1, -2, 3, -4, 5, -6});
  SetIntOf(b.Node("ConvTranspose", {"x", "w", "c"}, {"y"}, "a"), "group", 2);
  StaticOptions options;
  options.per_channel = true;
  const Model model = Static(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  const std::vector<float> weight = ElementsOf<float>(model, "w_scale");
  const std::vector<float> bias = ElementsOf<float>(model, "c_quantized_scale");
  ASSERT_EQ(weight.size(), 3u);
  ASSERT_EQ(bias.size(), 6u);
  for (size_t i = 0; i < 6; ++i) EXPECT_FLOAT_EQ(bias[i], kScale * weight[i % 3]);
  ExpectNear(BiasOf(model, "c"), {1, -2, 3, -4, 5, -6}, 1e-3f);
}

TEST(Qdq, UnnamedNodesThatShareABiasGetOneEach) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 3, 3}).Weight("w", {2, 2, 1, 1}).Weight("v", {2, 2, 1, 1});
  b.Weight("c", {2}).Output("y", {1, 2, 3, 3});
  b.Node("Conv", {"x", "w", "c"}, {"h"});
  b.Node("Conv", {"h", "v", "c"}, {"k"});
  b.Node("Conv", {"k", "v", "c"}, {"y"});
  const Model model = Static(b.model());
  EXPECT_EQ(MakerOf(model, "h")->input(2), "c");
  EXPECT_EQ(MakerOf(model, "k")->input(2), "c0");
  EXPECT_EQ(MakerOf(model, "y_QuantizeLinear_Input")->input(2), "c1");
  const std::vector<float> v = ElementsOf<float>(model, "v_scale");
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "c1_quantized_scale").at(0), kScale * v.at(0));
}

// The parameters of the Reshape's output would be the bias's, which has none of 8 bits: ONNX
// Runtime waits for them for ever.
TEST(Qdq, ABiasThatIsReshapedToo) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 3, 3}).Weight("w", {2, 2, 1, 1}).Weight("c", {2}).Ints("shape", {2, 1});
  b.Output("y", {1, 2, 3, 3}).Output("z", {2, 1});
  b.Node("Conv", {"x", "w", "c"}, {"y"}, "a");
  b.Node("Reshape", {"c", "shape"}, {"z"}, "b");
  Warnings warnings;
  const Model model = Static(b.model(), {}, &warnings);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_NE(InitializerOf(model, "c_quantized"), nullptr);
  EXPECT_EQ(MakerOf(model, "z")->op_type(), "Reshape");
  EXPECT_TRUE(warnings.Mention("'z'")) << warnings.text;
}

TEST(Qdq, WhatTheModelDequantizesKeepsItsParameters) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Output("y", {3, 2});
  b.Weight("s", {}, {0.5f});
  onnx::TensorProto& zero = *b.graph().add_initializer();
  zero.set_name("z");
  zero.set_data_type(onnx::TensorProto::INT8);
  zero.add_int32_data(0);
  b.Node("QuantizeLinear", {"x", "s", "z"}, {"q"}, "q");
  b.Node("DequantizeLinear", {"q", "s", "z"}, {"d"}, "d");
  b.Node("Transpose", {"d"}, {"y"}, "t");
  StaticOptions options;
  options.force_quantize_no_input_check = true;
  const Model model = Static(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y")->op_type(), "DequantizeLinear");
  EXPECT_EQ(MakerOf(model, "y")->input(1), "s");
  EXPECT_EQ(MakerOf(model, "y")->input(2), "z");
}

TEST(Qdq, ATensorWithoutARangeStaysInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("v", {3, 3}).Weight("c", {3});
  b.Output("y", {2, 3});
  b.Node("Gemm", {"x", "w", "c"}, {"h"}, "a");
  b.Node("Gemm", {"h", "v", "c"}, {"y"}, "b");
  Warnings warnings;
  const Model model = Static(b.model(), {}, &warnings, {"h"});
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y_QuantizeLinear_Input")->input(0), "h");
  EXPECT_TRUE(warnings.Mention("'h' stays in float")) << warnings.text;
  // Its bias cannot have a scale either; the first one's can.
  EXPECT_TRUE(warnings.Mention("Bias 'c0' stays in float")) << warnings.text;
  EXPECT_NE(InitializerOf(model, "c_quantized"), nullptr);
}

TEST(Qdq, WeightsThatAreNotFiniteStayInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Output("y", {2, 2});
  b.Weight("w", {2, 2}, {1, 2, -std::numeric_limits<float>::infinity(), 3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Add", {"h", "w"}, {"y"}, "b");
  Warnings warnings;
  const Model model = Static(b.model(), {}, &warnings);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "h")->input(1), "w");
  EXPECT_TRUE(warnings.Mention("'w'")) << warnings.text;
}

TEST(Qdq, ExcludedNodesReadFloatWeightsOthersShare) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 3, 3}).Weight("w", {2, 2, 1, 1}).Weight("c", {2}).Output("y", {1, 2, 3, 3});
  b.Node("Conv", {"x", "w", "c"}, {"h"}, "a");
  b.Node("Conv", {"h", "w", "c"}, {"y"}, "b");
  StaticOptions options;
  options.nodes_to_exclude = {"b"};
  const Model model = Static(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y")->input(1), "w");
  EXPECT_EQ(MakerOf(model, "y")->input(2), "c");
  EXPECT_EQ(ElementsOf<float>(model, "w"), ElementsOf<float>(b.model(), "w"));
  EXPECT_EQ(ElementsOf<float>(model, "c"), ElementsOf<float>(b.model(), "c"));
  EXPECT_EQ(MakerOf(model, "h")->input(1), "w_DequantizeLinear_Output");
  EXPECT_EQ(MakerOf(model, "h")->input(2), "c0");
}

TEST(Qdq, AnInputThatIsAnOutputToo) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2}).Output("x", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  const Model model = Static(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y_QuantizeLinear_Input")->input(0), "x_DequantizeLinear_Output");
}

TEST(Qdq, ARemovableReluThatABranchReadsPast) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2}).Output("z", {2, 2});
  auto* flag = b.graph().add_input();
  flag->set_name("flag");
  flag->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
  flag->mutable_type()->mutable_tensor_type()->mutable_shape();
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Relu", {"h"}, {"y"}, "b");
  onnx::GraphProto branch;
  branch.set_name("branch");
  onnx::NodeProto& inner = *branch.add_node();
  inner.set_op_type("Neg");
  inner.add_input("h");
  inner.add_output("inner");
  branch.add_output()->set_name("inner");
  branch.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(1);
  onnx::NodeProto& node = b.Node("If", {"flag"}, {"z"}, "if");
  for (const char* name : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = branch;
  }
  const Model model = Static(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(CountOf(model, "Relu"), 1);
}

TEST(Qdq, NamesThatAreTakenAreNotTakenAgain) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("x_scale", {3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Sub", {"h", "x_scale"}, {"y"}, "b");
  const Model model = Static(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementsOf<float>(model, "x_scale"), ElementsOf<float>(b.model(), "x_scale"));
  EXPECT_EQ(MakerOf(model, "x_QuantizeLinear_Output")->input(1), "x_scale_1");
}

TEST(Qdq, MatMulConstBOnly) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "h"}, {"y"}, "b");
  StaticOptions options;
  EXPECT_NE(MakerOf(Static(b.model(), options), "y_QuantizeLinear_Input"), nullptr);
  options.matmul_const_b_only = true;
  EXPECT_EQ(MakerOf(Static(b.model(), options), "y")->op_type(), "MatMul");
}

}  // namespace
}  // namespace quantab
