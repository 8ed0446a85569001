// Factors are checked against equation 4 of the paper, worked by hand; that the result computes the
// same is checked by running it.
#include "core/quant/smooth_quant.h"

#include <gtest/gtest.h>

#include "core/exec/session.h"
#include "core/quant/fold_factors.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

bool Any(const onnx::NodeProto&) { return true; }

Tensor Run(const Model& model, const Tensor& x) {
  Session session(model, {.lower = false});
  return session.Run({{"x", x}}).begin()->second;
}

void ExpectSame(const Model& a, const Model& b, const Tensor& x) {
  const Tensor before = Run(a, x);
  const Tensor after = Run(b, x);
  ASSERT_EQ(before.count(), after.count());
  for (int64_t i = 0; i < before.count(); ++i) {
    const size_t at = static_cast<size_t>(i);
    const float expected = before.span<float>()[at];
    EXPECT_NEAR(after.span<float>()[at], expected, 1e-5F * (1 + std::fabs(expected)));
  }
}

Tensor Ramp(const Shape& shape) { return Iota(shape, -1, 0.07F); }

TEST(SmoothQuant, PutsAMulBeforeTheReadersOfAnInput) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2}).Weight("w", {2, 2}, {1, -4, 0.25F, 0.125F});
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  b.Output("y", {1, 2});
  Model model = b.model();
  EXPECT_EQ(SmoothableActivations(model, Any), (std::map<std::string, int64_t>{{"x", -1}}));
  const auto added = SmoothActivations(model, {{"x", {9, 1}}}, {}, Any);
  EXPECT_EQ(added, std::vector<std::string>{"x_smooth_mul"});
  // s = sqrt(9) / sqrt(4) and sqrt(1) / sqrt(0.25)
  EXPECT_EQ(ElementsOf<float>(model, "w"), (std::vector<float>{1.5F, -6, 0.5F, 0.25F}));
  ASSERT_EQ(model.proto.graph().node(0).op_type(), "Mul");
  ASSERT_EQ(InitializerOf(model, "x_smooth_scale")->float_data_size(), 2);
  EXPECT_FLOAT_EQ(InitializerOf(model, "x_smooth_scale")->float_data(0), 2.0F / 3);
  EXPECT_FLOAT_EQ(InitializerOf(model, "x_smooth_scale")->float_data(1), 0.5F);
  ExpectSame(b.model(), model, F32({1, 2}, {9, 1}));
}

TEST(SmoothQuant, AlphaSaysHowMuchMoves) {
  for (const auto& [alpha, factor] : {std::pair(0.0, 0.25F), std::pair(1.0, 9.0F)}) {
    QuantGraphBuilder b;
    b.Input("x", {1, 1}).Weight("w", {1, 1}, {4});
    b.Node("MatMul", {"x", "w"}, {"y"});
    b.Output("y", {1, 1});
    Model model = b.model();
    SmoothActivations(model, {{"x", {9}}}, {.alpha = alpha}, Any);
    EXPECT_FLOAT_EQ(ElementsOf<float>(model, "w")[0], 4 * factor);
  }
  Model model;
  ExpectError(ErrorCode::kInvalidArgument, "'smooth_quant_alpha' is 1.5",
              [&] { SmoothActivations(model, {}, {.alpha = 1.5}, Any); });
}

TEST(SmoothQuant, FoldsIntoTheNormalizationThatMakesTheActivation) {
  QuantGraphBuilder b;
  b.Input("x", {3, 4}).Weight("gamma", {4}).Weight("beta", {4});
  b.Weight("q", {4, 2}).Weight("k", {4, 3});
  b.Node("LayerNormalization", {"x", "gamma", "beta"}, {"n"});
  b.Node("MatMul", {"n", "q"}, {"a"});
  b.Node("MatMul", {"n", "k"}, {"c"});
  b.Node("Concat", {"a", "c"}, {"y"});
  SetIntOf(*b.graph().mutable_node(3), "axis", 1);
  b.Output("y", {3, 5});
  Model model = b.model();
  EXPECT_TRUE(SmoothActivations(model, {{"n", {4, 1, 0.5F, 2}}}, {}, Any).empty());
  EXPECT_EQ(model.proto.graph().node_size(), 4);
  EXPECT_NE(ElementsOf<float>(model, "gamma"), ElementsOf<float>(b.model(), "gamma"));
  EXPECT_NE(ElementsOf<float>(model, "q"), ElementsOf<float>(b.model(), "q"));
  ExpectSame(b.model(), model, Ramp({3, 4}));

  Model unfolded = b.model();
  EXPECT_EQ(SmoothActivations(unfolded, {{"n", {4, 1, 0.5F, 2}}}, {.folding = false}, Any).size(),
            1U);
  EXPECT_EQ(ElementsOf<float>(unfolded, "gamma"), ElementsOf<float>(b.model(), "gamma"));
  ExpectSame(b.model(), unfolded, Ramp({3, 4}));
}

TEST(SmoothQuant, FoldsThroughReluIntoTheLayerBeforeEvenIfThatIsSmoothedToo) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 5, 5})
      .Weight("w1", {4, 2, 3, 3})
      .Weight("b1", {4})
      .Weight("w2", {4, 1, 3, 3});
  b.Node("Conv", {"x", "w1", "b1"}, {"h"});
  b.Node("Relu", {"h"}, {"r"});
  SetIntOf(b.Node("Conv", {"r", "w2"}, {"y"}), "group", 4);
  b.Output("y", {1, 4, 1, 1});
  Model model = b.model();
  const auto added = SmoothActivations(model, {{"r", {3, 0, 0.1F, 7}}, {"x", {0.5F, 2}}}, {}, Any);
  EXPECT_EQ(added, std::vector<std::string>{"x_smooth_mul"});
  ExpectSame(b.model(), model, Ramp({1, 2, 5, 5}));
}

TEST(SmoothQuant, LeavesOthersTheirSharedWeightsAndTheirActivations) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Weight("gamma", {2}).Weight("beta", {2});
  b.Node("LayerNormalization", {"x", "gamma", "beta"}, {"n"});
  b.Node("MatMul", {"n", "w"}, {"a"}, "smoothed");
  b.Node("MatMul", {"x", "w"}, {"c"}, "kept");
  b.Node("Add", {"a", "c"}, {"s"});
  b.Node("Add", {"s", "n"}, {"y"});
  b.Output("y", {2, 2});
  Model model = b.model();
  const auto added = SmoothActivations(
      model, {{"n", {8, 1}}}, {}, [](const onnx::NodeProto& n) { return n.name() == "smoothed"; });
  EXPECT_EQ(added, std::vector<std::string>{"n_smooth_mul"});
  EXPECT_EQ(ElementsOf<float>(model, "w"), ElementsOf<float>(b.model(), "w"));
  ExpectSame(b.model(), model, Ramp({2, 2}));
}

TEST(SmoothQuant, PassesOverWhatItCannotSmooth) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"});
  b.Output("y", {2, 2});
  Model model = b.model();
  const std::map<std::string, std::vector<float>> of_another_width = {{"x", {1, 2, 3}}};
  EXPECT_TRUE(SmoothActivations(model, of_another_width, {}, Any).empty());
  EXPECT_TRUE(SmoothActivations(model, {{"x", {0, 0}}}, {}, Any).empty());
  EXPECT_EQ(ElementsOf<float>(model, "w"), ElementsOf<float>(b.model(), "w"));
}

TEST(SmoothQuant, TakesConstantsForSuchWhereAnOldFormatListsThemAsInputs) {
  QuantGraphBuilder b;
  b.Input("x", {1, 1}).Input("w", {1, 1}).Weight("w", {1, 1}, {4});
  b.Node("MatMul", {"x", "w"}, {"y"});
  b.Output("y", {1, 1});
  Model model = b.model();
  SmoothActivations(model, {{"x", {9}}}, {}, Any);
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "w")[0], 4);  // a caller may give another
  model.proto.set_ir_version(3);
  SmoothActivations(model, {{"x", {9}}}, {}, Any);
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "w")[0], 6);
}

}  // namespace
}  // namespace quantab
