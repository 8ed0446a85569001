// The QOperator format. Lists of nodes and constants are what onnxruntime.quantization 1.31.1 makes
// of the same models and ranges; numbers are worked out by hand, as the comments say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "tests/core/quant/qoperator_testing.h"

namespace quantab {
namespace {

using Lines = std::vector<std::string>;

TEST(QOperator, AConvolutionalNetwork) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 4, 4}).Weight("w", {2, 2, 1, 1}).Weight("c", {2}).Weight("v", {2, 2, 1, 1});
  b.Node("Conv", {"x", "w", "c"}, {"a"}, "conv1");
  b.Node("Relu", {"a"}, {"r"}, "relu");
  b.Node("Conv", {"r", "v"}, {"d"}, "conv2");
  b.Node("Add", {"d", "a"}, {"s"}, "add");
  b.Node("GlobalAveragePool", {"s"}, {"g"}, "pool");
  b.Node("Flatten", {"g"}, {"f"}, "flat");
  b.Output("f", {1, 2}).Output("s", {1, 2, 4, 4});
  StaticOptions options = QOperatorOptions();
  options.activation_type = QuantType::kQUInt8;
  const Model model = QuantizeWith(b.model(), options, {0, 3});
  EXPECT_EQ(
      NodeLines(model),
      (Lines{"QuantizeLinear 'x_QuantizeLinear' (x, x_scale, x_zero_point) -> (x_quantized)",
             "QLinearConv 'conv1_quant' (x_quantized, x_scale, x_zero_point, w_quantized, w_scale, "
             "w_zero_point, a_scale, a_zero_point, c_quantized) -> (a_quantized)",
             "QLinearConv 'conv2_quant' (a_quantized, a_scale, a_zero_point, v_quantized, v_scale, "
             "v_zero_point, d_scale, d_zero_point) -> (d_quantized)",
             "ms.QLinearAdd 'add_quant' (d_quantized, d_scale, d_zero_point, a_quantized, a_scale, "
             "a_zero_point, s_scale, s_zero_point) -> (s_quantized)",
             "ms.QLinearGlobalAveragePool 'pool_quant' (s_quantized, s_scale, s_zero_point, "
             "g_scale, g_zero_point) -> (g_quantized) {channels_last=0}",
             "DequantizeLinear 's_DequantizeLinear' (s_quantized, s_scale, s_zero_point) -> (s)",
             "Flatten 'flat' (g_quantized) -> (f_quantized)",
             "DequantizeLinear 'f_DequantizeLinear' (f_quantized, g_scale, g_zero_point) -> (f)"}));
  EXPECT_EQ(InitializerNames(model),
            "a_zero_point a_scale x_zero_point x_scale w_scale w_zero_point w_quantized "
            "c_quantized d_zero_point d_scale v_scale v_zero_point v_quantized s_zero_point "
            "s_scale g_zero_point g_scale");
  EXPECT_EQ(OpsetVersion(model.proto, "com.microsoft"), 1);
}

TEST(QOperator, APerceptron) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {4, 3}).Weight("c", {4}).Weight("m", {4, 4}).Weight("k", {4});
  SetIntOf(b.Node("Gemm", {"x", "w", "c"}, {"a"}, "gemm"), "transB", 1);
  b.Node("LeakyRelu", {"a"}, {"l"}, "leaky");
  b.Node("MatMul", {"l", "m"}, {"p"}, "matmul");
  b.Node("Mul", {"p", "k"}, {"q"}, "mul");
  SetIntOf(b.Node("Softmax", {"q"}, {"z"}, "softmax"), "axis", 1);
  SetIntOf(b.Node("ArgMax", {"z"}, {"i"}, "argmax"), "axis", 1);
  b.Node("Sigmoid", {"q"}, {"y"}, "sigmoid");
  b.Output("i", {2, 1}).Output("y", {2, 4});
  SetTypeOf(*b.graph().mutable_output(0), DType::kInt64);
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(
      NodeLines(model),
      (Lines{"QuantizeLinear 'x_QuantizeLinear' (x, x_scale, x_zero_point) -> (x_quantized)",
             "ms.QGemm 'gemm_quant' (x_quantized, x_scale, x_zero_point, w_quantized, w_scale, "
             "w_zero_point, c_quantized, a_scale, a_zero_point) -> (a_quantized) {transB=1}",
             "ms.QLinearLeakyRelu 'leaky_quant' (a_quantized, a_scale, a_zero_point, l_scale, "
             "l_zero_point) -> (l_quantized)",
             "QLinearMatMul 'matmul_quant' (l_quantized, l_scale, l_zero_point, m_quantized, "
             "m_scale, m_zero_point, p_scale, p_zero_point) -> (p_quantized)",
             "ms.QLinearMul 'mul_quant' (p_quantized, p_scale, p_zero_point, k_quantized, k_scale, "
             "k_zero_point, q_scale, q_zero_point) -> (q_quantized)",
             "ms.QLinearSoftmax 'softmax_quant' (q_quantized, q_scale, q_zero_point, z_scale, "
             "z_zero_point) -> (z_quantized) {axis=1, opset=17}",
             "ms.QLinearSigmoid 'sigmoid_quant' (q_quantized, q_scale, q_zero_point, y_scale, "
             "y_zero_point) -> (y_quantized)",
             "ArgMax 'argmax' (z_quantized) -> (i) {axis=1}",
             "DequantizeLinear 'y_DequantizeLinear' (y_quantized, y_scale, y_zero_point) -> (y)"}));
  EXPECT_EQ(InitializerNames(model),
            "a_zero_point a_scale x_zero_point x_scale w_scale w_zero_point w_quantized "
            "c_quantized l_zero_point l_scale m_scale m_zero_point m_quantized p_zero_point "
            "p_scale q_zero_point q_scale k_scale k_zero_point k_quantized z_zero_point z_scale "
            "y_zero_point y_scale");
  EXPECT_EQ(ElementsOf<float>(model, "z_scale"), std::vector<float>{1.0f / 256});
  EXPECT_EQ(ElementsOf<int8_t>(model, "z_zero_point"), std::vector<int8_t>{-128});
}

TEST(QOperator, OperatorsThatMoveElements) {
  QuantGraphBuilder b;
  b.Input("x", {1, 4, 4, 4}).Ints("sp", {2, 2}).Ints("p", {0, 0, 0, 0, 0, 0, 1, 1});
  b.Ints("sh", {1, 4, 24}).Ints("ax", {0}).Weight("roi", {0}).Weight("sc", {4}, {1, 1, 1, 1});
  b.Weight("v", {}, {0.5f});
  SetIntOf(b.Node("Split", {"x", "sp"}, {"s", "t"}, "split"), "axis", 1);
  SetIntOf(b.Node("Concat", {"t", "s"}, {"k"}, "concat"), "axis", 1);
  SetIntsOf(b.Node("MaxPool", {"k"}, {"m"}, "max"), "kernel_shape", {1, 1});
  SetIntsOf(b.Node("AveragePool", {"m"}, {"a"}, "avg"), "kernel_shape", {1, 1});
  b.Node("Resize", {"a", "roi", "sc"}, {"z"}, "resize");
  b.Node("Pad", {"z", "p"}, {"d"}, "pad");
  b.Node("Pad", {"d", "p", "v"}, {"e"}, "pad2");
  SetIntsOf(b.Node("Transpose", {"e"}, {"u"}, "tr"), "perm", {0, 1, 3, 2});
  b.Node("Unsqueeze", {"u", "ax"}, {"n"}, "unsq");
  b.Node("Squeeze", {"n", "ax"}, {"q"}, "sq");
  b.Node("Reshape", {"q", "sh"}, {"y"}, "resh");
  b.Output("y", {1, 4, 24});
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(
      NodeLines(model),
      (Lines{"QuantizeLinear 'x_QuantizeLinear' (x, x_scale, x_zero_point) -> (x_quantized)",
             "Split 'split_quant' (x_quantized, sp) -> (squantized, tquantized) {axis=1}",
             "ms.QLinearConcat 'concat_quant' (k_scale, k_zero_point, tquantized, x_scale, "
             "x_zero_point, squantized, x_scale, x_zero_point) -> (k_quantized) {axis=1}",
             "MaxPool 'max' (k_quantized) -> (m_quantized) {kernel_shape=[1 1]}",
             "ms.QLinearAveragePool 'avg_quant' (m_quantized, k_scale, k_zero_point, a_scale, "
             "a_zero_point) -> (a_quantized) {kernel_shape=[1 1]}",
             "Resize 'resize' (a_quantized, roi, sc) -> (z_quantized)",
             "Pad 'pad' (z_quantized, p, a_zero_point) -> (d_quantized)",
             "Pad 'pad2' (d_quantized, p, v_quantized) -> (e_quantized)",
             "Transpose 'tr' (e_quantized) -> (u_quantized) {perm=[0 1 3 2]}",
             "Unsqueeze 'unsq' (u_quantized, ax) -> (n_quantized)",
             "Squeeze 'sq' (n_quantized, ax) -> (q_quantized)",
             "Reshape 'resh' (q_quantized, sh) -> (y_quantized)",
             "DequantizeLinear 'y_DequantizeLinear' (y_quantized, a_scale, a_zero_point) -> (y)"}));
  EXPECT_EQ(InitializerNames(model),
            "sp p sh ax roi sc x_zero_point x_scale k_zero_point k_scale a_zero_point a_scale "
            "v_quantized");
  // [-2, 3] in int8: scale 5 / 255, zero point round(-128 + 102) = -26; 0.5 is 25.5 steps.
  EXPECT_EQ(ElementsOf<int8_t>(model, "v_quantized"), std::vector<int8_t>{0});
}

TEST(QOperator, TablesAndChoices) {
  QuantGraphBuilder b;
  b.Input("i", {2}).Input("k", {2, 3});
  SetTypeOf(*b.graph().mutable_input(0), DType::kInt64);
  SetTypeOf(*b.graph().mutable_input(1), DType::kBool);
  b.Weight("t", {5, 3}).Weight("u", {2, 3});
  b.Node("Gather", {"t", "i"}, {"g"}, "gather");
  b.Node("Where", {"k", "g", "u"}, {"y"}, "where");
  b.Output("y", {2, 3});
  StaticOptions options = QOperatorOptions();
  options.force_quantize_no_input_check = true;
  const Model model = QuantizeWith(b.model(), options);
  EXPECT_EQ(
      NodeLines(model),
      (Lines{"Gather 'gather' (t_quantized, i) -> (g_quantized)",
             "ms.QLinearWhere 'where_quant' (k, g_quantized, t_scale, t_zero_point, u_quantized, "
             "u_scale, u_zero_point, y_scale, y_zero_point) -> (y_quantized)",
             "DequantizeLinear 'y_DequantizeLinear' (y_quantized, y_scale, y_zero_point) -> (y)"}));
  EXPECT_EQ(InitializerNames(model),
            "t_scale t_zero_point t_quantized y_zero_point y_scale u_scale u_zero_point "
            "u_quantized");
  // Without being forced a Where takes floats: ONNX Runtime forgets to make them.
  const Model kept = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(CheckModel(kept), std::nullopt);
  EXPECT_EQ(MakerOf(kept, "y")->op_type(), "Where");
  EXPECT_EQ(MakerOf(kept, "g")->op_type(), "DequantizeLinear");
}

// x -> Conv(w, c) -> y, with a 1 x 1 kernel for each of two channels.
QuantGraphBuilder SmallConv(const std::vector<float>& w, const std::vector<float>& c) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1, 2, 2}).Weight("w", {2, 1, 1, 1}, w).Weight("c", {2}, c);
  b.Node("Conv", {"x", "w", "c"}, {"y"}, "conv");
  b.Output("y", {1, 2, 2, 2});
  return b;
}

TEST(QOperator, WeightsAndBiases) {
  const QuantGraphBuilder b = SmallConv({0.5f, -1.27f}, {0.25f, -2});
  StaticOptions options = QOperatorOptions();
  Model model = QuantizeWith(b.model(), options);
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "x_scale").at(0), 5.0f / 255);
  EXPECT_EQ(ElementsOf<int8_t>(model, "x_zero_point"), std::vector<int8_t>{-26});
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "w_scale").at(0), 0.01f);
  EXPECT_EQ(ElementsOf<int8_t>(model, "w_quantized"), (std::vector<int8_t>{50, -127}));
  // In steps of 5 / 255 * 0.01.
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized"), (std::vector<int32_t>{1275, -10200}));

  options.per_channel = true;
  options.reduce_range = true;
  options.activation_type = QuantType::kQUInt8;
  options.weight_type = QuantType::kQUInt8;
  model = QuantizeWith(b.model(), options);
  // Per channel the weights of a Conv are int8 all the same: one zero point for all.
  EXPECT_EQ(ElementsOf<int8_t>(model, "w_quantized"), (std::vector<int8_t>{64, -64}));
  EXPECT_EQ(ElementsOf<int8_t>(model, "w_zero_point"), (std::vector<int8_t>{0, 0}));
  const std::vector<float> scales = ElementsOf<float>(model, "w_scale");
  ASSERT_EQ(scales.size(), 2u);
  EXPECT_FLOAT_EQ(scales[0], 1.0f / 128);
  EXPECT_FLOAT_EQ(scales[1], 2.54f / 128);
  // 0.25 / (5 / 255 / 128), -2 / (5 / 255 * 2.54 / 128)
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized"), (std::vector<int32_t>{1632, -5140}));
}

TEST(QOperator, ABiasThatWouldNotFitEnlargesTheScaleOfItsWeight) {
  const QuantGraphBuilder b = SmallConv({1e-7f, -1e-7f}, {50, -10});
  for (const bool per_channel : {false, true}) {
    StaticOptions options = QOperatorOptions();
    options.per_channel = per_channel;
    Warnings warnings;
    const Model model = QuantizeWith(b.model(), options, {-2, 3}, &warnings);
    EXPECT_TRUE(warnings.text.empty()) << warnings.text;
    const std::vector<int32_t> bias = ElementsOf<int32_t>(model, "c_quantized");
    // 2^31 / 1.0001
    EXPECT_NEAR(bias.at(0), 2147268900, 2000);
    EXPECT_NEAR(bias.at(1), per_channel ? -2147268900 : -429453780, 2000);
    EXPECT_EQ(InitializerNames(model),
              "y_zero_point y_scale x_zero_point x_scale w_zero_point w_scale w_quantized "
              "c_quantized");
  }
}

// The second Conv enlarges the scale that the first one's bias is in, too.
TEST(QOperator, BiasesFollowAWeightThatIsEnlargedLater) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1, 2, 2}).Weight("w", {1, 1, 1, 1}, {1e-6f}).Weight("c", {1}, {0.001f});
  b.Weight("d", {1}, {500}).Output("y", {1, 1, 2, 2});
  b.Node("Conv", {"x", "w", "c"}, {"h"}, "a");
  b.Node("Conv", {"h", "w", "d"}, {"y"}, "b");
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  const double step = static_cast<double>(ElementsOf<float>(model, "w_scale").at(0)) * 5.0 / 255;
  EXPECT_NEAR(ElementsOf<int32_t>(model, "c_quantized").at(0) * step, 0.001, step);
  EXPECT_NEAR(ElementsOf<int32_t>(model, "d_quantized").at(0) * step, 500, 1e-3);
}

// ONNX Runtime gives the second Conv the first one's bias, whose scale is another.
TEST(QOperator, ASharedBiasHasTheScaleOfEachReader) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1, 2, 2}).Weight("w", {1, 1, 1, 1}, {1.27f}).Weight("v", {1, 1, 1, 1}, {2.54f});
  b.Weight("c", {1}, {1}).Output("y", {1, 1, 2, 2}).Output("z", {1, 1, 2, 2});
  b.Node("Conv", {"x", "w", "c"}, {"h"}, "a");
  b.Node("Conv", {"h", "v", "c"}, {"y"}, "b");
  b.Node("Conv", {"h", "v", "c"}, {"z"}, "d");
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  // Steps of 5 / 255 * 0.01 and 5 / 255 * 0.02; h and x have one scale, but not one initializer.
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized"), std::vector<int32_t>{5100});
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized_1"), std::vector<int32_t>{2550});
  EXPECT_EQ(MakerOf(model, "h_quantized")->input(8), "c_quantized");
  EXPECT_EQ(MakerOf(model, "y_quantized")->input(8), "c_quantized_1");
  EXPECT_EQ(MakerOf(model, "z_quantized")->input(8), "c_quantized_1");
}

TEST(QOperator, AConstantIsABiasAndAnActivation) {
  for (const bool bias_first : {false, true}) {
    QuantGraphBuilder b;
    b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {3}, {1, 0, -1}).Output("y", {2, 3});
    if (bias_first) {
      b.Node("Gemm", {"x", "w", "c"}, {"h"}, "a");
      b.Node("Add", {"h", "c"}, {"y"}, "b");
    } else {
      b.Node("Add", {"x", "c"}, {"h"}, "a");
      b.Node("Gemm", {"h", "w", "c"}, {"y"}, "b");
    }
    const Model model = QuantizeWith(b.model(), QOperatorOptions());
    const onnx::NodeProto& add = *MakerOf(model, bias_first ? "y_quantized" : "h_quantized");
    const onnx::NodeProto& gemm = *MakerOf(model, bias_first ? "h_quantized" : "y_quantized");
    EXPECT_EQ(TypeOf(*InitializerOf(model, add.input(3))), DType::kInt8);
    EXPECT_EQ(TypeOf(*InitializerOf(model, gemm.input(6))), DType::kInt32);
    EXPECT_EQ(ElementsOf<int8_t>(model, add.input(3)), (std::vector<int8_t>{127, 0, -127}));
  }
}

// y = alpha * x * w + beta * c; QGemm adds c before it multiplies by alpha.
TEST(QOperator, FactorsOfAGemm) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2}).Weight("w", {2, 1}, {1.27f, 0}).Weight("c", {1}, {1}).Output("y", {1, 1});
  onnx::NodeProto& gemm = b.Node("Gemm", {"x", "w", "c"}, {"y"}, "gemm");
  SetFloatOf(gemm, "alpha", 0.5f);
  SetFloatOf(gemm, "beta", 3);
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  // 3 / (0.5 * 5 / 255 * 0.01)
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized"), std::vector<int32_t>{30600});
  EXPECT_EQ(FindAttribute(*MakerOf(model, "y_quantized"), "beta"), nullptr);
  EXPECT_EQ(FloatAttribute(*MakerOf(model, "y_quantized"), "alpha", 1), 0.5f);

  gemm.mutable_attribute(1)->set_f(0);
  EXPECT_EQ(MakerOf(QuantizeWith(b.model(), QOperatorOptions()), "y_quantized")->input(6), "");
  gemm.mutable_attribute(0)->set_f(0);
  gemm.mutable_attribute(1)->set_f(1);
  EXPECT_EQ(CountOf(QuantizeWith(b.model(), QOperatorOptions()), "Gemm"), 1);
}

// A c of another shape than one value per column cannot have scales per column.
TEST(QOperator, AGemmPerChannelWithAScalarC) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 4}).Weight("c", {1}).Weight("d", {2, 4});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  b.Node("Gemm", {"x", "w", "d"}, {"z"}, "b");
  b.Output("y", {2, 4}).Output("z", {2, 4});
  StaticOptions options = QOperatorOptions();
  options.per_channel = true;
  QuantGraphBuilder only;
  only.Input("x", {2, 3}).Weight("w", {3, 4}).Weight("d", {2, 4}).Output("z", {2, 4});
  only.Node("Gemm", {"x", "w", "d"}, {"z"}, "b");
  EXPECT_EQ(ElementsOf<float>(QuantizeWith(b.model(), options), "w_scale").size(), 1u);
  EXPECT_EQ(ElementsOf<float>(QuantizeWith(only.model(), options), "w_scale").size(), 4u);
}

TEST(QOperator, ScalesPerColumnOfMatricesOnly) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2, 3}).Weight("w", {3, 4}).Weight("v", {2, 4, 3}).Weight("u", {3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "v"}, {"k"}, "b");
  b.Node("MatMul", {"k", "u"}, {"y"}, "c");
  b.Output("y", {2, 2});
  StaticOptions options = QOperatorOptions();
  options.per_channel = true;
  const Model model = QuantizeWith(b.model(), options);
  EXPECT_EQ(ElementsOf<float>(model, "w_scale").size(), 4u);
  EXPECT_EQ(ElementsOf<float>(model, "v_scale").size(), 1u);
  EXPECT_EQ(ElementsOf<float>(model, "u_scale").size(), 1u);
}

}  // namespace
}  // namespace quantab
