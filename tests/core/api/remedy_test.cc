#include "core/api/remedy.h"

#include <gtest/gtest.h>

#include "core/api/suggest.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr int kSamples = 3;

// A mask puts -1000 beside scores of a few units: what the Softmax reads has no step of 8 bits for
// the scores.
Model MaskedScores(const std::string& add = "add_mask") {
  QuantGraphBuilder b(17);
  b.Input("x", {1, 8}).Output("y", {1, 8});
  b.Weight("w", {8, 8}).Weight("v", {8, 8});
  b.Weight("mask", {1, 8}, {0, 0, 0, 0, 0, 0, -1000, -1000});
  b.Node("MatMul", {"x", "w"}, {"s"}, "project");
  b.Node("Add", {"s", "mask"}, {"m"}, add);
  b.Node("Softmax", {"m"}, {"p"}, "soft");
  b.Node("MatMul", {"p", "v"}, {"y"}, "mix");
  return b.model();
}

TensorMap Row(int index) { return {{"x", Noise({1, 8}, static_cast<uint32_t>(index + 1))}}; }

Recipe StaticBy(const std::string& options) {
  return RecipeFromJson("{\"quantize_static\": " + options + "}");
}

Suggestion SuggestOn(const Model& model, const Recipe& recipe, const SuggestOptions& options) {
  SuggestSearch search(model, recipe, options);
  do {
    for (int i = 0; i < kSamples; ++i) search.Add(Row(i));
  } while (search.NextPass());
  return search.Finish();
}

SuggestOptions Raising(double target) { return {.target = target, .remedy = "16-bit", .runs = 0}; }

Model Made(const Model& model, const Recipe& recipe) {
  StaticQuantizer quantizer(model, recipe.static_options);
  for (int i = 0; i < kSamples; ++i) quantizer.Collect(Row(i));
  return quantizer.Finish();
}

double SqnrOf(const Model& model, const Model& quantized) {
  Comparer comparer(model, quantized);
  for (int i = 0; i < kSamples; ++i) comparer.Add(Row(i));
  return comparer.Result().outputs.at(0).metrics.at("sqnr_db");
}

std::vector<std::string> RaisedIn(const Recipe& recipe, QuantType type) {
  std::vector<std::string> tensors;
  for (const auto& [tensor, entries] : recipe.static_options.tensor_quant_overrides) {
    if (entries.at(0).quant_type == type) tensors.push_back(tensor);
  }
  return tensors;
}

TEST(Remedy, RaisesJustTheNodeWhoseActivationsNeedIt) {
  const Model model = MaskedScores();
  const Suggestion found = SuggestOn(model, StaticBy("{}"), Raising(30));
  ASSERT_EQ(found.kept.size(), 1U);
  EXPECT_EQ(found.kept[0].node, "add_mask");
  EXPECT_EQ(found.remedy, "16-bit");
  EXPECT_TRUE(found.met);
  EXPECT_TRUE(found.complete);
  EXPECT_TRUE(found.recipe.static_options.nodes_to_exclude.empty());
  EXPECT_EQ(RaisedIn(found.recipe, QuantType::kQInt16), (std::vector<std::string>{"m", "s"}));

  // Its figures are those of what its recipe makes, in which both weights are integers still.
  const Model suggested = Made(model, found.recipe);
  EXPECT_LT(SqnrOf(model, Made(model, StaticBy("{}"))), 15);
  EXPECT_GE(SqnrOf(model, suggested), 30);
  EXPECT_NEAR(SqnrOf(model, suggested), *found.suggested.value, 1e-3);
  EXPECT_EQ(found.suggested.bytes, FileBytes(suggested));
  EXPECT_EQ(InitializerOf(suggested, "m_zero_point")->data_type(), onnx::TensorProto::INT16);
  EXPECT_EQ(InitializerOf(suggested, "p_zero_point")->data_type(), onnx::TensorProto::INT8);
  EXPECT_NE(InitializerOf(suggested, "w_quantized"), nullptr);
  EXPECT_NE(InitializerOf(suggested, "v_quantized"), nullptr);

  // A float Softmax still reads what the 8-bit addition makes.
  SuggestOptions in_float = Raising(30);
  in_float.remedy = "float";
  EXPECT_GT(SuggestOn(model, StaticBy("{}"), in_float).kept.size(), 1U);
}

TEST(Remedy, TakesTheTypeOfTheSameSign) {
  const Recipe recipe = StaticBy(R"({"activation_type": "QUInt8"})");
  const Suggestion found = SuggestOn(MaskedScores(), recipe, Raising(30));
  EXPECT_TRUE(found.met);
  EXPECT_EQ(RaisedIn(found.recipe, QuantType::kQUInt16), (std::vector<std::string>{"m", "s"}));
}

// Below operator set 21, QuantizeLinear has no 16 bits: the model is converted.
TEST(Remedy, NeedsAnOperatorSetWith16Bits) {
  const Model model = MaskedScores();
  EXPECT_EQ(OpsetVersion(Made(model, StaticBy("{}")).proto), 17);
  const Suggestion found = SuggestOn(model, StaticBy("{}"), Raising(30));
  EXPECT_EQ(OpsetVersion(found.model.proto), 21);
}

TEST(Remedy, SaysWhenTheTargetIsOutOfReach) {
  const Suggestion found = SuggestOn(MaskedScores(), StaticBy("{}"), Raising(90));
  EXPECT_FALSE(found.met);
  EXPECT_TRUE(found.complete);
  EXPECT_FALSE(found.kept.empty());
  EXPECT_GT(*found.suggested.value, *found.quantized.value + 10);
}

// What is said of a tensor already stays, but for a scale of 8 bits.
TEST(Remedy, KeepsTheOverridesThatAreThere) {
  const Recipe recipe = StaticBy(R"({"tensor_quant_overrides": {
      "m": [{"scale": 5.0, "zero_point": 100}], "p": [{"quant_type": "QUInt8"}],
      "s": [{"symmetric": true}]}})");
  Remedy remedy("16-bit", MaskedScores(), recipe);
  TensorRanges ranges;
  for (const char* name : {"x", "s", "m", "p", "y"}) ranges.ranges[name] = {-2, 3};
  remedy.SetRanges(MaskedScores(), ranges);
  const Recipe raised = remedy.For({"soft", "add_mask"});
  const TensorQuantOverrides& overrides = raised.static_options.tensor_quant_overrides;
  EXPECT_EQ(overrides.size(), 3U);
  EXPECT_EQ(overrides.at("m")[0].quant_type, QuantType::kQInt16);
  EXPECT_FALSE(overrides.at("m")[0].scale || overrides.at("m")[0].zero_point);
  EXPECT_EQ(overrides.at("p")[0].quant_type, QuantType::kQUInt8);
  EXPECT_EQ(overrides.at("s")[0].quant_type, QuantType::kQInt16);
  EXPECT_EQ(overrides.at("s")[0].symmetric, true);
  EXPECT_TRUE(remedy.For({}).static_options.tensor_quant_overrides.contains("m"));
  EXPECT_TRUE(remedy.For({}).static_options.tensor_quant_overrides.at("m")[0].scale);
}

// Between a Conv and the Relu that is merged into it nothing is quantized: the Relu's result is.
TEST(Remedy, RaisesWhatIsQuantized) {
  const Model model = ConvNet(3, -1);
  TensorRanges ranges;
  for (const char* name : {"image", "c0", "r0", "c1", "r1", "c2", "r2"}) {
    ranges.ranges[name] = {-2, 3};
  }
  Remedy remedy("16-bit", model, StaticBy("{}"));
  remedy.SetRanges(model, ranges);
  const auto raised = [&](const std::string& node) {
    return RaisedIn(remedy.For({node}), QuantType::kQInt16);
  };
  EXPECT_EQ(raised("conv1"), (std::vector<std::string>{"r0", "r1"}));
  EXPECT_EQ(raised("relu1"), (std::vector<std::string>{"r1"}));
  EXPECT_EQ(raised("conv0"), (std::vector<std::string>{"image", "r0"}));
  Remedy symmetric("16-bit", model,
                   StaticBy(R"({"extra_options": {"ActivationSymmetric": true}})"));
  symmetric.SetRanges(model, ranges);
  EXPECT_EQ(RaisedIn(symmetric.For({"conv1"}), QuantType::kQInt16),
            (std::vector<std::string>{"c1", "r0"}));
}

// A rearrangement has the parameters of what it rearranges.
TEST(Remedy, RaisesWhatIsRearranged) {
  QuantGraphBuilder b;
  b.Input("x", {2, 4}).Output("y", {4, 2}).Weight("w", {4, 4}).Weight("v", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"a"}, "first");
  b.Node("Transpose", {"a"}, {"t"}, "turn");
  b.Ints("shape", {4, 2});
  b.Node("Reshape", {"t", "shape"}, {"r"}, "shape_it");
  b.Node("MatMul", {"r", "v"}, {"y"}, "second");
  TensorRanges ranges;
  for (const char* name : {"x", "a", "t", "r", "y"}) ranges.ranges[name] = {-2, 3};
  Remedy remedy("16-bit", b.model(), StaticBy("{}"));
  remedy.SetRanges(b.model(), ranges);
  EXPECT_EQ(RaisedIn(remedy.For({"second"}), QuantType::kQInt16),
            (std::vector<std::string>{"a", "y"}));
  EXPECT_EQ(RaisedIn(remedy.For({"turn"}), QuantType::kQInt16), (std::vector<std::string>{"a"}));
}

// QNN reads and makes one type in a node; its configuration adds the conversions.
TEST(Remedy, LeavesConversionsToTheConfigurationForQnn) {
  const Recipe recipe = StaticBy(R"({"config": "qnn"})");
  const Suggestion found = SuggestOn(MaskedScores(), recipe, Raising(25));
  EXPECT_TRUE(found.met);
  EXPECT_EQ(RaisedIn(found.recipe, QuantType::kQUInt16), (std::vector<std::string>{"m", "s"}));
  EXPECT_NE(InitializerOf(found.model, "x_scale_convert"), nullptr);
}

TEST(Remedy, SaysWhatIsWrong) {
  const auto begin = [](const std::string& recipe, const std::string& add = "add_mask",
                        const std::string& remedy = "16-bit") {
    return [=] {
      SuggestSearch(MaskedScores(add), RecipeFromJson(recipe), {.target = 30, .remedy = remedy});
    };
  };
  ExpectError(ErrorCode::kInvalidArgument,
              "'remedy' is '32-bit', expected one of 'float', '16-bit'",
              begin(R"({"quantize_static": {}})", "add_mask", "32-bit"));
  ExpectError(ErrorCode::kInvalidArgument,
              "'remedy' 16-bit: this is a recipe for 'quantize_dynamic', which has no activations "
              "of 16 bits. Choose 'quantize_static' in 'quant_format' QDQ, or 'remedy' float.",
              begin(R"({"quantize_dynamic": {}})"));
  for (const char* method : {"quantize_matmul_nbits", "quantize_matmul_bnb4"}) {
    ExpectError(ErrorCode::kInvalidArgument,
                "'remedy' 16-bit: this is a recipe for '" + std::string(method) +
                    "', which has no activations of 16 bits. Choose 'quantize_static' in "
                    "'quant_format' QDQ, or 'remedy' float.",
                begin("{\"" + std::string(method) + "\": {}}"));
  }
  ExpectError(ErrorCode::kInvalidArgument, "'quant_format' QOperator has no operators for 16 bits",
              begin(R"({"quantize_static": {"quant_format": "QOperator"}})"));
  ExpectError(ErrorCode::kInvalidArgument, "activations of 'activation_type' QInt16 are not of",
              begin(R"({"quantize_static": {"activation_type": "QInt16"}})"));
  ExpectError(ErrorCode::kInvalidArgument, "and node #1 (Add) has none. Name the nodes, set",
              begin(R"({"quantize_static": {"config": "qnn"}})", ""));
  begin(R"({"quantize_static": {"config": "qnn", "add_qtype_converts": false}})", "")();
}

TEST(Remedy, RaisesNodesWithoutNames) {
  const Suggestion found = SuggestOn(MaskedScores(""), StaticBy("{}"), Raising(30));
  ASSERT_EQ(found.kept.size(), 1U);
  EXPECT_EQ(found.kept[0].node, "#1 (Add)");
  EXPECT_TRUE(found.met);
}

}  // namespace
}  // namespace quantab
