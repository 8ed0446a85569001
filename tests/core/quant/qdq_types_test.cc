// QDQ quantization to other types than 8 bits, in blocks, of float16 models, and what ONNX Runtime
// gets wrong there. Numbers are worked by hand from the ranges [-2, 3] of activations.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "core/tensor/half.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

using enum QuantType;

QuantGraphBuilder MatMul(int64_t opset = 17) {
  QuantGraphBuilder b(opset);
  b.Input("x", {2, 3}).Weight("w", {3, 1}, {1, -3, 7}).Output("y", {2, 1});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  return b;
}

StaticOptions TypesOf(QuantType activation, QuantType weight) {
  StaticOptions options;
  options.activation_type = activation;
  options.weight_type = weight;
  return options;
}

TEST(QdqTypes, FourBitsTwoToAByte) {
  const Model model = Static(MatMul().model(), TypesOf(kQUInt8, kQInt4));
  // Symmetric: +-7 over -8..7, scale 14 / 15; 1 / s = 1.07, -3 / s = -3.2, 7 / s = 7.5, which is
  // cut off at 7.
  EXPECT_EQ(ElementsOf<float>(model, "w_scale"), (std::vector<float>{14.0f / 15}));
  EXPECT_EQ(ElementsOf<uint8_t>(model, "w_quantized"), (std::vector<uint8_t>{0xd1, 0x07}));
  EXPECT_EQ(ShapeOf(*InitializerOf(model, "w_quantized")), (Shape{3, 1}));
  // Below operator set 21 only com.microsoft's operators know the type.
  EXPECT_EQ(OpsetVersion(model.proto), 17);
  EXPECT_EQ(OpsetVersion(model.proto, "com.microsoft"), 1);
  EXPECT_EQ(MakerOf(model, "y")->domain(), "com.microsoft");
  const Model newer = Static(MatMul(21).model(), TypesOf(kQUInt8, kQInt4));
  EXPECT_EQ(MakerOf(newer, "y")->domain(), "");
  EXPECT_EQ(CheckModel(newer), std::nullopt);
}

TEST(QdqTypes, SixteenBitsConvertTheOperatorSet) {
  const Model model = Static(MatMul(13).model(), TypesOf(kQUInt16, kQInt8));
  EXPECT_EQ(OpsetVersion(model.proto), 21);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementsOf<float>(model, "x_scale"), (std::vector<float>{5.0f / 65535}));
  EXPECT_EQ(ElementsOf<uint16_t>(model, "x_zero_point"), (std::vector<uint16_t>{26214}));
}

TEST(QdqTypes, OverridesOfSixteenBitsConvertItToo) {
  StaticOptions options = TypesOf(kQUInt8, kQInt8);
  options.tensor_quant_overrides["w"].resize(1);
  options.tensor_quant_overrides["y"].resize(1);
  options.tensor_quant_overrides["y"][0].quant_type = kQInt16;
  const Model model = Static(MatMul().model(), options);
  EXPECT_EQ(OpsetVersion(model.proto), 21);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "y_zero_point")), DType::kInt16);
}

// ONNX Runtime looks for types in the first override alone.
TEST(QdqTypes, OverridesOfFourBitsNeedContribOperators) {
  StaticOptions options = TypesOf(kQUInt8, kQInt8);
  options.tensor_quant_overrides["h"].resize(1);
  options.tensor_quant_overrides["w"].resize(1);
  options.tensor_quant_overrides["w"][0].quant_type = kQUInt4;
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("v", {3, 3}).Weight("w", {3, 1}).Output("y", {2, 1});
  b.Node("MatMul", {"x", "v"}, {"h"}, "a");
  b.Node("MatMul", {"h", "w"}, {"y"}, "b");
  const Model model = Static(b.model(), options);
  EXPECT_EQ(MakerOf(model, "w_DequantizeLinear_Output")->domain(), "com.microsoft");
}

TEST(QdqTypes, Blocks) {
  StaticOptions options = TypesOf(kQUInt8, kQInt4);
  options.block_size = 2;
  const Model model = Static(MatMul().model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(OpsetVersion(model.proto), 21);
  EXPECT_EQ(ShapeOf(*InitializerOf(model, "w_scale")), (Shape{2, 1}));
  // Blocks {1, -3} and {7}: 6 / 15 and 14 / 15.
  EXPECT_EQ(ElementsOf<float>(model, "w_scale"), (std::vector<float>{6.0f / 15, 14.0f / 15}));
  const onnx::NodeProto* node = MakerOf(model, "w_DequantizeLinear_Output");
  ASSERT_EQ(node->attribute_size(), 2);
  EXPECT_EQ(node->attribute(0).name(), "axis");
  EXPECT_EQ(node->attribute(1).i(), 2);
}

// ONNX Runtime's quantizer raises for them.
TEST(QdqTypes, WeightsThatAreNoMatricesHaveNoBlocks) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 3, 3}).Weight("w", {2, 2, 1, 1}).Weight("c", {2}).Output("y", {1, 2, 3, 3});
  b.Node("Conv", {"x", "w", "c"}, {"y"}, "a");
  StaticOptions options;
  options.block_size = 2;
  Warnings warnings;
  const Model model = Static(b.model(), options, &warnings);
  EXPECT_TRUE(warnings.Mention("'w' has no blocks")) << warnings.text;
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementsOf<float>(model, "w_scale").size(), 1u);
}

TEST(QdqTypes, BiasesBesideBlocksStayInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {2, 4}).Weight("w", {4, 2}).Weight("c", {2}).Output("y", {2, 2});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  StaticOptions options;
  options.block_size = 2;
  Warnings warnings;
  const Model model = Static(b.model(), options, &warnings);
  EXPECT_TRUE(warnings.Mention("Bias 'c' stays in float")) << warnings.text;
  EXPECT_EQ(CheckModel(model), std::nullopt);
}

Model Float8(const Model& model, bool moments, Monitor* monitor = nullptr) {
  StaticOptions options = TypesOf(kQFloat8E4M3FN, kQFloat8E4M3FN);
  options.calibrate_method = "Distribution";
  const Quantization quantization(model, options, monitor);
  TensorRanges ranges;
  for (const std::string& name : quantization.TensorsToCalibrate()) {
    ranges.ranges[name] = {-2, 3};
    if (moments) ranges.ranges[name].moments = Moments{0, 1};
  }
  return quantization.Run(ranges, monitor);
}

TEST(QdqTypes, Float8ScalesFollowFromDeviations) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}, {4, 4, -4, -4}).Weight("c", {2}, {1, 2});
  b.Output("y", {2, 2});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  const Model model = Float8(b.model(), true);
  EXPECT_EQ(OpsetVersion(model.proto), 19);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  // numpy.std of the finite float8e4m3fn values.
  constexpr float kStd = 0x1.903b1cp+6F;
  EXPECT_EQ(ElementsOf<float>(model, "x_scale"), (std::vector<float>{1 / kStd}));
  EXPECT_EQ(ElementsOf<float>(model, "w_scale"), (std::vector<float>{4 / kStd}));
  // 4 is 100.06 scales; the nearest float8e4m3fn to that, between 96 and 104, is 104.
  EXPECT_EQ(ElementsOf<uint8_t>(model, "w_quantized"),
            (std::vector<uint8_t>{0x6d, 0x6d, 0xed, 0xed}));
  EXPECT_EQ(MakerOf(model, "c")->op_type(), "Cast");
  EXPECT_EQ(ElementsOf<float>(model, "c_quantized"), (std::vector<float>{1, 2}));
}

// A range of float8 reaches below zero; ONNX Runtime removes the Relu all the same.
TEST(QdqTypes, Float8KeepsRelu) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Relu", {"h"}, {"y"}, "b");
  EXPECT_EQ(CountOf(Float8(b.model(), true), "Relu"), 1);
}

TEST(QdqTypes, Float8WithoutDeviationsStaysInFloat) {
  Warnings warnings;
  Float8(MatMul().model(), false, &warnings);
  EXPECT_TRUE(warnings.Mention("no calibrated standard deviation")) << warnings.text;
}

TEST(QdqTypes, SymmetricOverridesKeepRelu) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Relu", {"h"}, {"y"}, "b");
  StaticOptions options;
  EXPECT_EQ(CountOf(Static(b.model(), options), "Relu"), 0);
  options.tensor_quant_overrides["y"].resize(1);
  TensorQuantOverride& entry = options.tensor_quant_overrides["y"][0];
  entry.symmetric = true;
  EXPECT_EQ(CountOf(Static(b.model(), options), "Relu"), 1);
  entry = {};
  entry.rmin = -1;
  EXPECT_EQ(CountOf(Static(b.model(), options), "Relu"), 1);
  entry.rmin = 0;
  EXPECT_EQ(CountOf(Static(b.model(), options), "Relu"), 0);
}

Model HalfModel(int64_t opset) {
  QuantGraphBuilder b(opset);
  b.Input("x", {2, 2}).Output("y", {2, 2});
  onnx::TensorProto& w = *b.graph().add_initializer();
  w.set_name("w");
  w.set_data_type(onnx::TensorProto::FLOAT16);
  for (int i = 0; i < 2; ++i) w.add_dims(2);
  for (const float value : {1.0f, -2.0f, 0.5f, 2.54f}) w.add_int32_data(FloatToHalf(value));
  b.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT16);
  b.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT16);
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  return b.model();
}

TEST(QdqTypes, Float16ModelsHaveFloat16Scales) {
  const Model model = Static(HalfModel(17), TypesOf(kQUInt8, kQInt8));
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(OpsetVersion(model.proto), 19);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "x_scale")), DType::kFloat16);
  EXPECT_EQ(ElementsOf<uint16_t>(model, "x_scale"),
            (std::vector<uint16_t>{FloatToHalf(5.0f / 255)}));
  // 2.54 in float16 is 2.5390625; over 127.
  EXPECT_EQ(ElementsOf<uint16_t>(model, "w_scale"),
            (std::vector<uint16_t>{FloatToHalf(2.5390625f / 127)}));
  EXPECT_EQ(ElementsOf<int8_t>(model, "w_quantized"), (std::vector<int8_t>{50, -100, 25, 127}));
}

TEST(QdqTypes, OneEntryIsForAllChannels) {
  StaticOptions options = TypesOf(kQUInt8, kQInt8);
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  options.tensor_quant_overrides["w"].resize(1);
  TensorQuantOverride& entry = options.tensor_quant_overrides["w"][0];
  entry.axis = 1;
  entry.scale = 0.25;
  entry.zero_point = 0;
  const Model model = Static(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementsOf<float>(model, "w_scale"), (std::vector<float>{0.25f, 0.25f, 0.25f}));
}

TEST(QdqTypes, GivenParametersNeedNoRange) {
  StaticOptions options = TypesOf(kQUInt8, kQInt8);
  options.tensor_quant_overrides["x"].resize(1);
  options.tensor_quant_overrides["x"][0].scale = 0.5;
  options.tensor_quant_overrides["x"][0].zero_point = 7;
  const Model model = Static(MatMul().model(), options, nullptr, {"x"});
  EXPECT_EQ(ElementsOf<float>(model, "x_scale"), (std::vector<float>{0.5f}));
}

TEST(QdqTypes, NodesWithoutInputsAreLeftAlone) {
  for (const char* type : {"Conv", "Gemm", "MatMul", "Gather", "Split", "Pad", "Where", "Relu",
                           "LayerNormalization", "Resize", "MaxPool", "Transpose"}) {
    QuantGraphBuilder b;
    b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2});
    b.Node("MatMul", {"x", "w"}, {"y"}, "a");
    b.Node(type, {}, {"z"}, "broken");
    b.Node(type, {"x"}, {}, "silent");
    EXPECT_NO_THROW(Static(b.model(), TypesOf(kQUInt8, kQInt8))) << type;
  }
}

}  // namespace
}  // namespace quantab
