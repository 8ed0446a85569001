#include "core/quant/bias_correction.h"

#include <gtest/gtest.h>

#include "core/quant/quantization.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

// With the scale 3 / 127, which 3 alone hits, the others are rounded: by hand, the integer of 0.02
// is 1 and stands for 0.0236220..., that of -0.05 is -2 and stands for -0.0472441....
constexpr double kStep = 3.0 / 127;

TEST(BiasCorrection, SubtractsTheMeanShiftOfAGemm) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2}).Weight("w", {2, 2}, {3, 0.02F, 0, -0.05F}).Weight("bias", {2}, {1, 1});
  b.Node("Gemm", {"x", "w", "bias"}, {"y"}, "gemm");
  b.Output("y", {1, 2});
  const Model quantized = Static(b.model(), {.weight_symmetric = true});
  Model model = b.model();
  EXPECT_EQ(CorrectedActivations(model), (std::map<std::string, int64_t>{{"x", -1}}));
  EXPECT_EQ(CorrectBiases(model, quantized, {{"x", {10, 100}}}), 1);
  const std::vector<float> bias = ElementsOf<float>(model, "bias");
  EXPECT_FLOAT_EQ(bias[0], 1);
  EXPECT_NEAR(bias[1], 1 - (10 * (kStep - 0.02) + 100 * (-2 * kStep + 0.05)), 1e-5);
}

TEST(BiasCorrection, GivesAConvolutionABias) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 2, 2}).Weight("w", {2, 1, 1, 2}, {3, 0.02F, -0.05F, -0.05F});
  SetIntOf(b.Node("Conv", {"x", "w"}, {"y"}, "conv"), "group", 2);
  b.Output("y", {1, 2, 2, 1});
  Model model = b.model();
  EXPECT_EQ(CorrectBiases(model, Static(b.model()), {{"x", {10, 100}}}), 1);
  const std::vector<float> bias = ElementsOf<float>(model, model.proto.graph().node(0).input(2));
  ASSERT_EQ(bias.size(), 2U);
  EXPECT_NEAR(bias[0], -10 * (kStep - 0.02), 1e-5);
  EXPECT_NEAR(bias[1], -100 * 2 * (-2 * kStep + 0.05), 1e-5);
}

TEST(BiasCorrection, FindsTheAddBehindAMatMul) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1}).Weight("w", {1, 2}, {3, 0.02F}).Weight("c", {2}, {0, 0});
  b.Node("MatMul", {"x", "w"}, {"p"}).set_name("product");
  b.Node("Add", {"c", "p"}, {"y"});
  b.Output("y", {1, 2});
  Model model = b.model();
  EXPECT_EQ(CorrectBiases(model, Static(b.model()), {{"x", {10}}}), 1);
  EXPECT_NEAR(ElementsOf<float>(model, "c")[1], -10 * (kStep - 0.02), 1e-5);
}

TEST(BiasCorrection, LeavesLayersThatAreNotQuantizedOrHaveNoMeans) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1}).Weight("w", {1, 2}, {3, 0.02F}).Weight("bias", {2}, {0, 0});
  b.Node("Gemm", {"x", "w", "bias"}, {"y"}, "gemm");
  b.Output("y", {1, 2});
  Model model = b.model();
  EXPECT_EQ(CorrectBiases(model, b.model(), {{"x", {10}}}), 0);
  EXPECT_EQ(CorrectBiases(model, Static(b.model()), {}), 0);
  EXPECT_EQ(CorrectBiases(model, Static(b.model()), {{"x", {1, 2}}}), 0);
  EXPECT_EQ(ElementsOf<float>(model, "bias"), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace quantab
