// Dynamic quantization inside the graphs that nodes hold. Nodes and names were compared with those
// of onnxruntime.quantization 1.31.1 for the same models, where it makes a valid one.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "tests/core/quant/quant_testing.h"
#include "tests/core/quant/text_model.h"

namespace quantab {
namespace {

constexpr char kBranches[] = R"(
  g (float[2, 2] x, bool flag) => (float[2, 2] y)
  <float[2, 2] w = {1, 2, 3, 4}>
  {
    h = Relu(x)
    y = If(flag) <
      then_branch = t () => (float[2, 2] o) <float[2, 2] v = {1, 1, 1, 1}> {
        a = MatMul(h, w)
        o = MatMul(a, v)
      },
      else_branch = e () => (float[2, 2] o) <float[2, 2] v = {2, 2, 2, 2}> {
        a = MatMul(h, w)
        o = MatMul(a, v)
      }>
  })";

Model Inside(const std::string& text, DynamicOptions options = {}, int64_t opset = 17) {
  options.enable_subgraph = true;
  const Model model = Dynamic(ModelFromText(text, opset), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  return model;
}

TEST(DynamicSubgraph, WhatIsCapturedIsQuantizedWhereItIsDeclared) {
  const Model model = Inside(kBranches);
  const onnx::GraphProto& graph = model.proto.graph();
  ASSERT_EQ(graph.node_size(), 3);
  EXPECT_EQ(Listing(graph),
            "Relu(x) -> (h)\n"
            "DynamicQuantizeLinear(h) -> (h_quantized, h_scale, h_zero_point)\n"
            "If(flag) -> (y)\n");
  EXPECT_EQ(InitializersIn(graph), "w_scale, w_zero_point, w_quantized");
}

TEST(DynamicSubgraph, GraphsBesideEachOtherUseTheSameNames) {
  const Model model = Inside(kBranches);
  for (const char* branch : {"then_branch", "else_branch"}) {
    const onnx::GraphProto& body = BodyOf(model.proto.graph(), 2, branch);
    EXPECT_EQ(Listing(body),
              "MatMulInteger(h_quantized, w_quantized, h_zero_point, w_zero_point) -> "
              "(a_output_quantized)\n"
              "Cast(a_output_quantized) -> (a_output_quantized_cast_output)\n"
              "Mul(h_scale, w_scale) -> (h_scale_w_scale_mul:0)\n"
              "Mul(a_output_quantized_cast_output, h_scale_w_scale_mul:0) -> (a)\n"
              "DynamicQuantizeLinear(a) -> (a_quantized, a_scale, a_zero_point)\n"
              "MatMulInteger(a_quantized, v_quantized, a_zero_point, v_zero_point) -> "
              "(o_output_quantized)\n"
              "Cast(o_output_quantized) -> (o_output_quantized_cast_output)\n"
              "Mul(a_scale, v_scale) -> (a_scale_v_scale_mul:0)\n"
              "Mul(o_output_quantized_cast_output, a_scale_v_scale_mul:0) -> (o)\n");
    EXPECT_EQ(InitializersIn(body), "v_scale, v_zero_point, v_quantized");
  }
}

TEST(DynamicSubgraph, BodiesStayAsTheyAreUnlessAskedFor) {
  const Model before = ModelFromText(kBranches);
  const Model model = Dynamic(before);
  for (const char* branch : {"then_branch", "else_branch"}) {
    EXPECT_EQ(BodyOf(model.proto.graph(), 1, branch).SerializeAsString(),
              BodyOf(before.proto.graph(), 1, branch).SerializeAsString());
  }
  EXPECT_EQ(InitializersIn(model.proto.graph()), "w");
}

TEST(DynamicSubgraph, ABodysOwnValuesAreQuantizedInside) {
  const Model model = Inside(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y)
    <float[2, 2] w = {1, 2, 3, 4}, int64 trip = {3}>
    {
      y = Loop(trip, flag, x) <
        body = b (int64 i, bool go, float[2, 2] s) => (bool go2, float[2, 2] s2) {
          a = MatMul(s, w)
          c = MatMul(x, w)
          d = Add(a, c)
          s2 = Tanh(d)
          go2 = Identity(go)
        }>
    })");
  EXPECT_EQ(Listing(model.proto.graph()),
            "DynamicQuantizeLinear(x) -> (x_quantized, x_scale, x_zero_point)\n"
            "Loop(trip, flag, x) -> (y)\n");
  const onnx::GraphProto& body = BodyOf(model.proto.graph(), 1, "body");
  EXPECT_EQ(body.node(0).op_type(), "DynamicQuantizeLinear");
  EXPECT_EQ(body.node(0).input(0), "s");
}

TEST(DynamicSubgraph, LevelsInBetween) {
  const Model model = Inside(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y)
    <float[2, 2] w = {1, 2, 3, 4}>
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) {
          m = Neg(x)
          o = If(flag) <
            then_branch = tt () => (float[2, 2] p) { p = MatMul(m, w) },
            else_branch = te () => (float[2, 2] q) { q = MatMul(x, w) }>
        },
        else_branch = e () => (float[2, 2] r) { r = Neg(x) }>
    })");
  EXPECT_EQ(Listing(model.proto.graph()),
            "DynamicQuantizeLinear(x) -> (x_quantized, x_scale, x_zero_point)\nIf(flag) -> (y)\n");
  const onnx::GraphProto& between = BodyOf(model.proto.graph(), 1, "then_branch");
  EXPECT_EQ(Listing(between),
            "Neg(x) -> (m)\n"
            "DynamicQuantizeLinear(m) -> (m_quantized, m_scale, m_zero_point)\n"
            "If(flag) -> (o)\n");
  EXPECT_EQ(BodyOf(between, 2, "else_branch").node(0).input(0), "x_quantized");
}

// ONNX Runtime's quantizer raises for this one: it forgets to make `e`.
TEST(DynamicSubgraph, WhatWasLookedUpOutsideIsDequantizedOnceForAllInside) {
  const Model model = Inside(R"(
    g (int64[2] ids, bool flag) => (float[2, 2] y)
    <float[3, 2] table = {1, 2, 3, 4, 5, 6}, float[2, 2] w = {1, 2, 3, 4}>
    {
      e = Gather(table, ids)
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) { a = MatMul(e, w) o = Add(a, e) },
        else_branch = f () => (float[2, 2] p) { p = Neg(e) }>
    })");
  EXPECT_EQ(Listing(model.proto.graph()),
            "Gather(table_quantized, ids) -> (e_quantized)\n"
            "DequantizeLinear(e_quantized, table_scale, table_zero_point) -> (e)\n"
            "If(flag) -> (y)\n");
  EXPECT_EQ(BodyOf(model.proto.graph(), 2, "then_branch").node(0).input(0), "e_quantized");
}

TEST(DynamicSubgraph, ATableOutsideIsLookedUpInInside) {
  const Model model = Inside(R"(
    g (int64[2] ids, bool flag) => (float[2, 2] y)
    <float[3, 2] table = {1, 2, 3, 4, 5, 6}>
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) { o = Gather(table, ids) },
        else_branch = f () => (float[2, 2] p) { a = Gather(table, ids) p = Neg(a) }>
    })");
  EXPECT_EQ(InitializersIn(model.proto.graph()), "table_scale, table_zero_point, table_quantized");
  EXPECT_EQ(Listing(BodyOf(model.proto.graph(), 0, "then_branch")),
            "Gather(table_quantized, ids) -> (o_quantized)\n"
            "DequantizeLinear(o_quantized, table_scale, table_zero_point) -> (o)\n");
}

// ONNX Runtime's quantizer raises for weights from outside, and imports nothing for the new domain.
TEST(DynamicSubgraph, RecurrentAndConvolutionWeightsFromOutside) {
  QuantGraphBuilder b;
  b.Weight("k", {2, 3, 1, 1}).Weight("bias", {2}).Weight("w", {1, 8, 3}).Weight("r", {1, 8, 2});
  Model model = b.model();
  const Model text = ModelFromText(R"(
    g (float[1, 3, 2, 2] x, float[4, 1, 3] s, bool flag) => (float[1, 2, 2, 2] y, float[4, 1, 1, 2] z)
    {
      y, z = If(flag) <
        then_branch = t () => (float[1, 2, 2, 2] c, float[4, 1, 1, 2] l) {
          c = Conv(x, k, bias)
          l = LSTM<hidden_size = 2>(s, w, r)
        },
        else_branch = e () => (float[1, 2, 2, 2] c, float[4, 1, 1, 2] l) {
          c = Conv(x, k, bias)
          l = LSTM<hidden_size = 2>(s, w, r)
        }>
    })");
  for (const auto& input : text.proto.graph().input()) *b.graph().add_input() = input;
  for (const auto& output : text.proto.graph().output()) *b.graph().add_output() = output;
  *b.graph().mutable_node() = text.proto.graph().node();
  model = Dynamic(b.model(), {.enable_subgraph = true});
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(OpsetVersion(model.proto, "com.microsoft"), 1);
  EXPECT_EQ(InitializersIn(model.proto.graph()),
            "bias, k_scale, k_zero_point, k_quantized, w_scale, w_zero_point, r_scale, "
            "r_zero_point, w_quantized, r_quantized");
  for (const char* branch : {"then_branch", "else_branch"}) {
    const std::string listing = Listing(BodyOf(model.proto.graph(), 1, branch));
    EXPECT_NE(listing.find("ConvInteger(x_quantized, k_quantized"), std::string::npos) << listing;
    EXPECT_NE(listing.find("DynamicQuantizeLSTM(s, w_quantized, r_quantized"), std::string::npos)
        << listing;
  }
}

TEST(DynamicSubgraph, ExcludedNodesInsideKeepTheirFloatWeights) {
  Model source = ModelFromText(kBranches);
  onnx::GraphProto& branch =
      *source.proto.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g();
  branch.mutable_node(0)->set_name("deep");
  const Model model = Dynamic(source, {.nodes_to_exclude = {"deep"}, .enable_subgraph = true});
  EXPECT_EQ(CheckModel(model), std::nullopt);
  const onnx::GraphProto& after =
      BodyOf(model.proto.graph(), 2, branch.name() == "t" ? "then_branch" : "else_branch");
  EXPECT_EQ(after.node(0).op_type(), "MatMul");
  EXPECT_EQ(after.node(0).input(1), "w");
  EXPECT_EQ(ElementsOf<float>(model, "w"), (std::vector<float>{1, 2, 3, 4}));
}

TEST(DynamicSubgraph, OnlyNamedNodesInside) {
  Model source = ModelFromText(kBranches);
  onnx::GraphProto& branch =
      *source.proto.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g();
  branch.mutable_node(1)->set_name("deep");
  const Model model = Dynamic(source, {.nodes_to_quantize = {"deep"}, .enable_subgraph = true});
  const std::string text = model.proto.SerializeAsString();
  EXPECT_NE(text.find("v_quantized"), std::string::npos);
  EXPECT_EQ(text.find("w_quantized"), std::string::npos);
}

TEST(DynamicSubgraph, ANewNameOutsideIsNotTakenInside) {
  const Model model = Inside(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y)
    <float[2, 2] w = {1, 2, 3, 4}>
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) { x_quantized = Neg(x) o = MatMul(x, w) },
        else_branch = e () => (float[2, 2] p) { p = MatMul(x, w) }>
    })");
  EXPECT_EQ(Listing(model.proto.graph()),
            "DynamicQuantizeLinear(x) -> (x_quantized_1, x_scale, x_zero_point)\n"
            "If(flag) -> (y)\n");
}

TEST(DynamicSubgraph, AnInputOfABodyHidesAConstantOutside) {
  const Model model = Dynamic(ModelFromText(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y, float[2, 2] z)
    <float[2, 2] w = {1, 2, 3, 4}, int64 trip = {3}>
    {
      y = Loop(trip, flag, x) <
        body = b (int64 i, bool go, float[2, 2] w) => (bool go2, float[2, 2] s2) {
          s2 = MatMul(w, w)
          go2 = Identity(go)
        }>
      z = MatMul(x, w)
    })"),
                              {.enable_subgraph = true});
  EXPECT_EQ(BodyOf(model.proto.graph(), 0, "body").node(0).op_type(), "MatMul");
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
}

TEST(DynamicSubgraph, WeightsOfConstantNodesInside) {
  const char* text = R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y)
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) {
          w = Constant <value = float[2, 2] {1, 2, 3, 4}> ()
          o = MatMul(x, w)
        },
        else_branch = e () => (float[2, 2] p) { p = Neg(x) }>
    })";
  EXPECT_EQ(InitializersIn(BodyOf(Inside(text).proto.graph(), 1, "then_branch")),
            "w_scale, w_zero_point, w_quantized");
  EXPECT_EQ(BodyOf(Dynamic(ModelFromText(text)).proto.graph(), 0, "then_branch").node(0).op_type(),
            "Constant");
}

TEST(DynamicSubgraph, GraphsOfOtherOperatorsHaveTypesToo) {
  Model source = ModelFromText(R"(
    g (float[2, 2] x) => (float[2, 2] y)
    {
      y = custom.Wrap(x) <
        body = b (float[2, 2] s) => (float[2, 2] o) <float[2, 2] w = {1, 2, 3, 4}> {
          r = Relu(s)
          o = MatMul(r, w)
        }>
    })");
  auto* import = source.proto.add_opset_import();
  import->set_domain("custom");
  import->set_version(1);
  const Model model = Dynamic(source, {.enable_subgraph = true});
  EXPECT_EQ(BodyOf(model.proto.graph(), 0, "body").node(2).op_type(), "MatMulInteger");
}

TEST(DynamicSubgraph, NodesThatLackInputsOrOutputsStay) {
  for (const char* type : {"MatMul", "Gemm", "Conv", "Gather", "Transpose", "LSTM"}) {
    Model source = ModelFromText(R"(
      g (float[2, 2] x, bool flag) => (float[2, 2] y)
      {
        y = If(flag) <
          then_branch = t () => (float[2, 2] o) { o = Neg(x) },
          else_branch = e () => (float[2, 2] p) { p = Neg(x) }>
      })");
    for (auto& attribute : *source.proto.mutable_graph()->mutable_node(0)->mutable_attribute()) {
      attribute.mutable_g()->mutable_node(0)->set_op_type(type);
      attribute.mutable_g()->mutable_node(0)->clear_input();
      attribute.mutable_g()->add_node()->set_op_type(type);
    }
    const Model model = Dynamic(source, {.enable_subgraph = true});
    EXPECT_EQ(BodyOf(model.proto.graph(), 0, "then_branch").node(0).op_type(), type);
    EXPECT_EQ(BodyOf(model.proto.graph(), 0, "then_branch").node_size(), 2);
  }
}

}  // namespace
}  // namespace quantab
