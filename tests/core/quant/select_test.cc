// Names and types in the options.
#include "core/quant/select.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/core/quant/quant_testing.h"
#include "tests/core/quant/text_model.h"

namespace quantab {
namespace {

Model TwoMatMuls() {
  QuantGraphBuilder b;
  b.Input("x", {2, 4}).Weight("w0", {4, 4}).Weight("w1", {4, 4}).Output("y", {2, 4});
  b.Node("MatMul", {"x", "w0"}, {"h"}, "block/first");
  b.Node("Relu", {"h"}, {"r"});
  b.Node("MatMul", {"r", "w1"}, {"y"});
  return b.model();
}

std::string MessageOf(const DynamicOptions& options) {
  try {
    Dynamic(TwoMatMuls(), options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "no error";
}

TEST(Select, ByName) {
  EXPECT_EQ(CountOf(Dynamic(TwoMatMuls(), {}), "MatMulInteger"), 2);
  EXPECT_EQ(CountOf(Dynamic(TwoMatMuls(), {.nodes_to_exclude = {"block/first"}}), "MatMulInteger"),
            1);
  const Model only = Dynamic(TwoMatMuls(), {.nodes_to_quantize = {"block/first"}});
  EXPECT_EQ(CountOf(only, "MatMulInteger"), 1);
  EXPECT_NE(MakerOf(only, "h_output_quantized"), nullptr);
}

TEST(Select, UnnamedNodesByTheirPlace) {
  for (const char* label : {"#2", "#2 (MatMul)"}) {
    const Model model = Dynamic(TwoMatMuls(), {.nodes_to_exclude = {label}});
    EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
    EXPECT_EQ(MakerOf(model, "y")->op_type(), "MatMul");
  }
  EXPECT_NE(MessageOf({.nodes_to_exclude = {"#2 (Conv)"}}), "no error");
  EXPECT_NE(MessageOf({.nodes_to_exclude = {"#3"}}), "no error");
}

TEST(Select, NamesThatMatchNothing) {
  EXPECT_EQ(MessageOf({.nodes_to_exclude = {"block/frist"}}),
            "'nodes_to_exclude' names 'block/frist', but no node has that name. Did you mean "
            "'block/first'?");
  EXPECT_EQ(MessageOf({.nodes_to_quantize = {"nothing like it"}}),
            "'nodes_to_quantize' names 'nothing like it', but no node has that name.");
  EXPECT_EQ(
      MessageOf({.op_types_to_quantize = {"Matmul"}}),
      "'op_types_to_quantize' names 'Matmul', but neither the model nor the quantizer has that "
      "operator. Did you mean 'MatMul'?");
}

TEST(Select, TypesTheModelLacksAreFine) {
  EXPECT_EQ(CountOf(Dynamic(TwoMatMuls(), {.op_types_to_quantize = {"Conv"}}), "MatMulInteger"), 0);
}

TEST(Select, TypesWithoutADynamicRuleAreAWarning) {
  Warnings warnings;
  Quantization(TwoMatMuls(), ToStaticOptions({.op_types_to_quantize = {"Relu", "MatMul"}}),
               &warnings);
  EXPECT_EQ(warnings.text,
            "Operators of type 'Relu' stay in float: this kind of quantization has no rule for "
            "them.\n");
}

TEST(Select, NodesAndTypesInsideOthersAreKnown) {
  const Model source = ModelFromText(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y) <float[2, 2] w = {1, 2, 3, 4}>
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) { o = MatMul(x, w) },
        else_branch = e () => (float[2, 2] p) { p = Softplus(x) }>
    })");
  Model named = source;
  named.proto.mutable_graph()
      ->mutable_node(0)
      ->mutable_attribute(0)
      ->mutable_g()
      ->mutable_node(0)
      ->set_name("deep");
  const DynamicOptions excluded = {.nodes_to_exclude = {"deep"}, .enable_subgraph = true};
  EXPECT_NO_THROW(Dynamic(named, excluded));
  EXPECT_THROW(Dynamic(source, excluded), Error);
  EXPECT_NO_THROW(Dynamic(source, {.op_types_to_quantize = {"Softplus"}}));
  EXPECT_THROW(Dynamic(source, {.op_types_to_quantize = {"Softsign"}}), Error);
}

TEST(Select, GemmsOfGraphsBesideEachOther) {
  Model source = ModelFromText(R"(
    g (float[2, 2] x, bool flag) => (float[2, 2] y) <float[2, 2] w = {1, 2, 3, 4}>
    {
      y = If(flag) <
        then_branch = t () => (float[2, 2] o) { o = Gemm(x, w) },
        else_branch = e () => (float[2, 2] o) { o = Gemm(x, w) }>
    })");
  onnx::NodeProto& node = *source.proto.mutable_graph()->mutable_node(0);
  for (auto& branch : *node.mutable_attribute()) {
    branch.mutable_g()->mutable_node(0)->set_name(branch.name());
  }
  for (const char* name : {"then_branch", "else_branch"}) {
    const Model model = Dynamic(source, {.nodes_to_quantize = {name}, .enable_subgraph = true});
    for (const char* branch : {"then_branch", "else_branch"}) {
      EXPECT_EQ(BodyOf(model.proto.graph(), 1, branch).node(0).op_type(),
                std::string(name) == branch ? "MatMulInteger" : "MatMul");
    }
  }
}

TEST(Select, NearNamesAreSortedAndFew) {
  EXPECT_EQ(NearNames("conv_1", {"Conv_12", "conv_2", "conv_3", "CONV_1", "pool"}),
            (std::vector<std::string>{"CONV_1", "Conv_12", "conv_2"}));
}

TEST(Select, FormatsAndTypes) {
  StaticOptions options;
  options.quant_format = "QOPERATOR?";
  EXPECT_THROW(Quantization(TwoMatMuls(), options), Error);
  options = {};
  options.activation_type = QuantType::kQInt8;
  options.weight_type = QuantType::kQUInt8;
  EXPECT_THROW(Quantization(TwoMatMuls(), options), Error);
}

}  // namespace
}  // namespace quantab
