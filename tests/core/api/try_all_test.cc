#include "core/api/try_all.h"

#include <gtest/gtest.h>

#include "core/api/json.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr size_t kSamples = 3;

TensorMap Image(size_t index) {
  return {{"image", Noise({1, 4, 8, 8}, static_cast<uint32_t>(index))}};
}

double SqnrOf(const Model& model, const Model& made) {
  Comparer comparer(model, made);
  for (size_t i = 0; i < kSamples; ++i) comparer.Add(Image(i));
  return comparer.Result().outputs.at(0).metrics.at("sqnr_db");
}

TEST(TryAll, SaysOfEachRecipeWhatItMakes) {
  const Model model = ConvNet(4, 1);
  const std::vector<NamedRecipe> recipes = RecipesFromJson(R"({
    "plain": {"quantize_static": {"calibrate_method": "Entropy"}},
    "kept": {"quantize_static": {"nodes_to_exclude": ["conv1"]}},
    "worse": {"quantize_static": {"nodes_to_exclude": ["conv0", "conv3"]}},
    "dynamic": {"quantize_dynamic": {"op_types_to_quantize": ["Conv"]}},
    "mixed": {"auto_convert_mixed_precision": {"keep_io_types": true}},
    "wrong": {"quantize_static": {"nope": 1}}})");
  const TryReport report = TryAll(model, recipes, kSamples, Image, {}, {.runs = 2});
  EXPECT_EQ(report.original.bytes, FileBytes(model));
  EXPECT_EQ(report.original.latency->runs, 2);
  ASSERT_EQ(report.trials.size(), 6U);
  for (size_t i = 0; i < 5; ++i) {
    SCOPED_TRACE(report.trials[i].name);
    EXPECT_EQ(report.trials[i].name, recipes[i].first);
    EXPECT_FALSE(report.trials[i].error);
    EXPECT_EQ(report.trials[i].figures.latency->runs, 2);
  }
  const Recipe recipe = RecipeFromJson(recipes[0].second);
  StaticQuantizer quantizer(model, recipe.static_options);
  for (int pass = 0; pass < quantizer.passes(); ++pass) {
    if (pass > 0) quantizer.NextPass();
    for (size_t i = 0; i < kSamples; ++i) quantizer.Collect(Image(i));
  }
  const Model plain = quantizer.Finish();
  EXPECT_EQ(report.trials[0].figures.bytes, FileBytes(plain));
  EXPECT_NEAR(*report.trials[0].figures.value, SqnrOf(model, plain), 1e-9);
  EXPECT_GT(*report.trials[1].figures.value, *report.trials[0].figures.value + 10);
  EXPECT_GT(*report.trials[4].figures.value, 40);
  ASSERT_TRUE(report.trials[5].error);
  EXPECT_NE(report.trials[5].error->message().find("'nope'"), std::string::npos);
  EXPECT_FALSE(report.trials[5].best);
}

// Three products, whose weights are most of the file. The second has one that is far larger than
// the others; what it makes is negative and cut off, and the others are what is left.
Model Products() {
  QuantGraphBuilder b;
  b.Input("x", {1, 64}).Output("y", {1, 64}).Weight("w0", {64, 64}).Weight("w2", {64, 64});
  std::vector<float> weights(64 * 64, 0.01F);
  for (size_t i = 0; i < weights.size(); i += 3) weights[i] = -0.02F;
  weights[100] = -60;
  b.Weight("w1", {64, 64}, weights);
  b.Node("MatMul", {"x", "w0"}, {"a"}, "m0");
  b.Node("Relu", {"a"}, {"r"}, "relu0");
  b.Node("MatMul", {"r", "w1"}, {"b"}, "m1");
  b.Node("Relu", {"b"}, {"s"}, "relu1");
  b.Node("MatMul", {"s", "w2"}, {"y"}, "m2");
  return b.model();
}

TensorMap Row(size_t index) { return {{"x", Noise({1, 64}, static_cast<uint32_t>(index))}}; }

// Without times, size and accuracy decide.
TEST(TryAll, MarksWhatNothingBeats) {
  const std::vector<NamedRecipe> recipes = RecipesFromJson(R"([
    {"quantize_static": {}},
    {"quantize_static": {"nodes_to_exclude": ["m1"]}},
    {"quantize_static": {"nodes_to_exclude": ["m0", "m2"]}},
    {"quantize_static": {}}])");
  for (const char* metric : {"sqnr_db", "mse"}) {
    SCOPED_TRACE(metric);
    const TryReport report =
        TryAll(Products(), recipes, kSamples, Row, {}, {.metric = metric, .runs = 0});
    std::vector<bool> best;
    for (const TriedRecipe& trial : report.trials) best.push_back(trial.best);
    EXPECT_EQ(best, (std::vector<bool>{true, true, false, true}));
    EXPECT_EQ(report.trials[3].name, "4");
    EXPECT_FALSE(report.original.latency);
  }
}

TEST(TryAll, SaysWhatIsWrong) {
  const Model model = ConvNet(1, 0);
  const std::vector<NamedRecipe> one = {{"a", R"({"quantize_static": {}})"}};
  ExpectError(ErrorCode::kInvalidArgument, "There is no recipe to try",
              [&] { TryAll(model, {}, 1, Image); });
  ExpectError(ErrorCode::kInvalidArgument, "There was no sample to compare on",
              [&] { TryAll(model, one, 0, Image); });
  ExpectError(ErrorCode::kInvalidArgument, "'metric' is 'x'",
              [&] { TryAll(model, one, 1, Image, {}, {.metric = "x"}); });
  ExpectError(ErrorCode::kInvalidArgument, "These are no recipes.", [] { RecipesFromJson("7"); });
  const TryReport report = TryAll(model, one, 1, Image, {}, {.metric = "top1_accuracy"});
  EXPECT_NE(report.trials[0].error->message().find("applies to none"), std::string::npos);
}

}  // namespace
}  // namespace quantab
