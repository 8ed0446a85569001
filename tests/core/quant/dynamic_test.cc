// Dynamic quantization where ONNX Runtime's goes wrong or has no fixture; the rest is in
// golden_test.cc.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/graph/graph_view.h"
#include "core/onnx/official.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

std::vector<float> Dequantized(const Model& model, const std::string& weight) {
  const std::vector<int8_t> q = ElementsOf<int8_t>(model, weight + "_quantized");
  const std::vector<float> scale = ElementsOf<float>(model, weight + "_scale");
  std::vector<float> values;
  for (int8_t x : q) values.push_back(static_cast<float>(x) * scale.at(0));
  return values;
}

void ExpectNear(const std::vector<float>& a, const std::vector<float>& b, float tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

const std::vector<float> kMatrix = {1, 2, 3, 4, 5, 6, 7, 8, 9};
const std::vector<float> kTransposed = {1, 4, 7, 2, 5, 8, 3, 6, 9};

TEST(Dynamic, ATransposedWeightOfTwoGemmsIsTransposedOnce) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, kMatrix).Output("y", {2, 3});
  SetIntOf(b.Node("Gemm", {"x", "w"}, {"h"}, "a"), "transB", 1);
  SetIntOf(b.Node("Gemm", {"h", "w"}, {"y"}, "b"), "transB", 1);
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 2);
  EXPECT_EQ(model.proto.graph().initializer_size(), 3);
  ExpectNear(Dequantized(model, "w"), kTransposed, 9.0f / 127);
}

TEST(Dynamic, AWeightThatOthersReadUntransposedKeepsItsForm) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, kMatrix).Output("y", {2, 3}).Output("z", {2, 3});
  SetIntOf(b.Node("Gemm", {"x", "w"}, {"y"}, "a"), "transB", 1);
  b.Node("MatMul", {"x", "w"}, {"z"}, "b");
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  ExpectNear(Dequantized(model, "w"), kMatrix, 9.0f / 127);
  ExpectNear(Dequantized(model, "w_Transposed"), kTransposed, 9.0f / 127);
}

TEST(Dynamic, ComputedWeightsAreTransposedOnce) {
  QuantGraphBuilder b;
  b.Input("x", {3, 3}).Input("w", {3, 3}).Output("y", {3, 3});
  SetIntOf(b.Node("Gemm", {"x", "w"}, {"h"}, "a"), "transB", 1);
  SetIntOf(b.Node("Gemm", {"h", "w"}, {"y"}, "b"), "transB", 1);
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(CountOf(model, "Transpose"), 1);
}

TEST(Dynamic, AnExcludedGemmStaysAsItIs) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, kMatrix).Weight("c", {3}).Output("y", {2, 3});
  SetIntOf(b.Node("Gemm", {"x", "w", "c"}, {"h"}, "a"), "transB", 1);
  SetIntOf(b.Node("Gemm", {"h", "w", "c"}, {"y"}, "b"), "transB", 1);
  const Model model = Dynamic(b.model(), {.nodes_to_exclude = {"b"}});
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
  const onnx::NodeProto& gemm = *MakerOf(model, "y");
  EXPECT_EQ(gemm.op_type(), "Gemm");
  EXPECT_EQ(gemm.input(1), "w");
  EXPECT_EQ(ElementsOf<float>(model, "w"), kMatrix);
  // The name of the node made from it is understood as well.
  EXPECT_EQ(CountOf(Dynamic(b.model(), {.nodes_to_exclude = {"b_MatMul"}}), "MatMulInteger"), 1);
  // So is the Gemm where nodes are chosen, by name or type.
  EXPECT_EQ(CountOf(Dynamic(b.model(), {.nodes_to_quantize = {"b"}}), "MatMulInteger"), 1);
  EXPECT_EQ(CountOf(Dynamic(b.model(), {.op_types_to_quantize = {"Gemm"}}), "MatMulInteger"), 2);
}

TEST(Dynamic, ExcludedNodesReadFloatWeightsOthersShare) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, kMatrix).Output("y", {2, 3}).Output("z", {3, 3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "w"}, {"y"}, "b");
  b.Node("Neg", {"w"}, {"z"}, "c");
  const Model model = Dynamic(b.model(), {.nodes_to_exclude = {"b"}});
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y")->input(1), "w");
  EXPECT_EQ(ElementsOf<float>(model, "w"), kMatrix);
  EXPECT_EQ(CountOf(model, "DequantizeLinear"), 0);
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
}

TEST(Dynamic, SharedRecurrentWeightsAreTransposedOnce) {
  QuantGraphBuilder b;
  b.Input("x", {5, 1, 4}).Weight("w", {1, 16, 4}).Weight("r", {1, 16, 4});
  b.Ints("axes", {1});
  SetIntOf(b.Node("LSTM", {"x", "w", "r"}, {"s"}, "a"), "hidden_size", 4);
  b.Node("Squeeze", {"s", "axes"}, {"q"});
  SetIntOf(b.Node("LSTM", {"q", "w", "r"}, {"y"}, "b"), "hidden_size", 4);
  b.Output("y", {5, 1, 1, 4});
  const std::vector<float> w = ElementsOf<float>(b.model(), "w");
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CountOf(model, "DynamicQuantizeLSTM"), 2);
  const std::vector<float> q = Dequantized(model, "w");
  const float step = ElementsOf<float>(model, "w_scale").at(0);
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(q[j * 16 + i], w[i * 4 + j], step);
  }
}

TEST(Dynamic, AnLstmOfTheOtherLayoutStaysInFloat) {
  QuantGraphBuilder b;
  b.Input("x", {1, 5, 4}).Weight("w", {1, 16, 4}).Weight("r", {1, 16, 4}).Output("y", {1, 5, 1, 4});
  onnx::NodeProto& lstm = b.Node("LSTM", {"x", "w", "r"}, {"y"}, "a");
  SetIntOf(lstm, "hidden_size", 4);
  SetIntOf(lstm, "layout", 1);
  EXPECT_EQ(CountOf(Dynamic(b.model()), "LSTM"), 1);
}

TEST(Dynamic, WeightsThatAreNotFiniteStayInFloat) {
  std::vector<float> values = kMatrix;
  values[4] = std::numeric_limits<float>::quiet_NaN();
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, values).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  Warnings warnings;
  EXPECT_EQ(CountOf(Dynamic(b.model(), {}, &warnings), "MatMul"), 1);
  EXPECT_TRUE(warnings.Mention("'w'")) << warnings.text;
}

TEST(Dynamic, NamesThatAreTakenAreNotTakenAgain) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}, kMatrix).Weight("w_scale", {3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"x_quantized"}, "a");
  b.Node("Add", {"x_quantized", "w_scale"}, {"y"}, "b");
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(ElementsOf<float>(model, "w_scale"), ElementsOf<float>(b.model(), "w_scale"));
  EXPECT_NE(InitializerOf(model, "w_scale_1"), nullptr);
}

TEST(Dynamic, NodesOfOneNameHaveScalesOfTheirOwn) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("v", {3, 3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "same");
  b.Node("MatMul", {"h", "v"}, {"y"}, "same");
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, MakerOf(model, "y")->input(1))->input(1), "v_scale");
  EXPECT_EQ(MakerOf(model, MakerOf(model, "h")->input(1))->input(1), "w_scale");
}

TEST(Dynamic, AxesOfMatricesOnly) {
  QuantGraphBuilder b;
  b.Input("x", {2, 4, 3}).Weight("w", {2, 3, 3}).Weight("v", {3}).Output("y", {2, 4});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "v"}, {"y"}, "b");
  const Model model = Dynamic(b.model(), {.per_channel = true});
  EXPECT_EQ(InitializerOf(model, "w_scale")->dims_size(), 0);
  EXPECT_EQ(InitializerOf(model, "v_scale")->dims_size(), 0);
}

TEST(Dynamic, WeightsOfConstantNodes) {
  QuantGraphBuilder b;
  b.Input("x", {1, 2, 4, 4}).Weight("w", {3, 2, 1, 1}).Output("y", {1, 3, 4, 4});
  b.Node("Conv", {"x", "k"}, {"y"}, "a");
  onnx::NodeProto constant;
  constant.set_op_type("Constant");
  constant.add_output("k");
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  *value.mutable_t() = b.graph().initializer(0);
  b.graph().clear_initializer();
  *b.graph().add_node() = constant;
  b.graph().mutable_node()->SwapElements(0, 1);
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CountOf(model, "ConvInteger"), 1);
  EXPECT_EQ(CountOf(model, "Constant"), 0);
  EXPECT_NE(InitializerOf(model, "k_quantized"), nullptr);
}

TEST(Dynamic, BranchesReadWhatIsMadeBeforeThem) {
  QuantGraphBuilder b;
  b.Input("x", {3, 3}).Weight("w", {3, 3}).Output("y", {3, 3}).Output("z", {3, 3});
  auto* flag = b.graph().add_input();
  flag->set_name("flag");
  flag->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
  flag->mutable_type()->mutable_tensor_type()->mutable_shape();
  onnx::GraphProto branch;
  branch.set_name("branch");
  onnx::NodeProto& inner = *branch.add_node();
  inner.set_op_type("MatMul");
  inner.add_input("h");
  inner.add_input("w");
  inner.add_output("inner");
  branch.add_output()->set_name("inner");
  branch.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(1);
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  onnx::NodeProto& node = b.Node("If", {"flag"}, {"y"}, "if");
  for (const char* name : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = branch;
  }
  b.Node("Neg", {"w"}, {"z"}, "other");
  const Model model = Dynamic(b.model());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
}

}  // namespace
}  // namespace quantab
