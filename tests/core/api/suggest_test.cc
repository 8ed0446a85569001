#include "core/api/suggest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/api/json.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr int kSamples = 3;

TensorMap Image(int index) {
  return {{"image", Noise({1, 4, 8, 8}, static_cast<uint32_t>(index))}};
}

Suggestion Suggest(const Model& model, const Recipe& recipe, const SuggestOptions& options,
                   Monitor* monitor = nullptr) {
  SuggestSearch search(model, recipe, options, monitor);
  int64_t passes = 0;
  do {
    for (int i = 0; i < kSamples; ++i) search.Add(Image(i));
    ++passes;
  } while (search.NextPass());
  EXPECT_LE(passes, search.most_passes());
  return search.Finish();
}

Recipe Static() { return RecipeFromJson(R"({"quantize_static": {}})"); }

// By the public functions alone.
double SqnrOf(const Model& model, const Model& quantized) {
  Comparer comparer(model, quantized);
  for (int i = 0; i < kSamples; ++i) comparer.Add(Image(i));
  return comparer.Result().outputs.at(0).metrics.at("sqnr_db");
}

Model QuantizedBy(const Model& model, const Recipe& recipe) {
  StaticQuantizer quantizer(model, recipe.static_options);
  for (int i = 0; i < kSamples; ++i) quantizer.Collect(Image(i));
  return quantizer.Finish();
}

TEST(Suggest, KeepsExactlyTheLayerThatIsToBlame) {
  const Model model = ConvNet(5, 2);
  const Suggestion found = Suggest(model, Static(), {.target = 25, .runs = 3});
  ASSERT_EQ(found.kept.size(), 1U);
  EXPECT_EQ(found.kept[0].node, "conv2");
  EXPECT_TRUE(found.met);
  EXPECT_TRUE(found.complete);
  EXPECT_GE(found.considered, 5);
  EXPECT_EQ(found.recipe.static_options.nodes_to_exclude, std::vector<std::string>{"conv2"});

  // Its figures are those of what its recipe makes.
  const Model all = QuantizedBy(model, Static());
  const Model suggested = QuantizedBy(model, found.recipe);
  EXPECT_NEAR(*found.quantized.value, SqnrOf(model, all), 1e-3);
  EXPECT_NEAR(*found.suggested.value, SqnrOf(model, suggested), 1e-3);
  EXPECT_NEAR(SqnrOf(model, found.model), SqnrOf(model, suggested), 1e-9);
  EXPECT_LT(*found.quantized.value, 25);
  EXPECT_GE(*found.suggested.value, 25);
  EXPECT_EQ(found.original.bytes, FileBytes(model));
  EXPECT_EQ(found.quantized.bytes, FileBytes(all));
  EXPECT_EQ(found.suggested.bytes, FileBytes(suggested));
  EXPECT_EQ(found.suggested.latency->runs, 3);
  EXPECT_GT(found.original.latency->median_ms, 0);
  EXPECT_FALSE(found.original.value);
}

TEST(Suggest, KeepsNothingThatNeedNotBe) {
  const Suggestion found = Suggest(ConvNet(5, -1), Static(), {.target = 10, .runs = 0});
  EXPECT_TRUE(found.kept.empty());
  EXPECT_TRUE(found.met);
  EXPECT_EQ(found.trials, 1);
  EXPECT_FALSE(found.suggested.latency);
}

// For errors, less is better.
TEST(Suggest, MeetsAnErrorToo) {
  const Model model = ConvNet(5, 2);
  const double all = [&] {
    Comparer comparer(model, QuantizedBy(model, Static()));
    comparer.Add(Image(0));
    return comparer.Result().outputs.at(0).metrics.at("mse");
  }();
  const Suggestion found =
      Suggest(model, Static(), {.metric = "mse", .target = all / 100, .runs = 0});
  EXPECT_TRUE(found.met);
  EXPECT_LE(*found.suggested.value, all / 100);
  EXPECT_EQ(found.kept.front().node, "conv2");
}

TEST(Suggest, AddsToWhatTheRecipeExcludes) {
  Recipe recipe = Static();
  recipe.static_options.nodes_to_exclude = {"conv0"};
  const Suggestion found = Suggest(ConvNet(5, 2), recipe, {.target = 20, .runs = 0});
  EXPECT_EQ(found.recipe.static_options.nodes_to_exclude,
            (std::vector<std::string>{"conv0", "conv2"}));
}

TEST(Suggest, QuantizesDynamically) {
  const Recipe recipe =
      RecipeFromJson(R"({"quantize_dynamic": {"op_types_to_quantize": ["Conv"]}})");
  const Suggestion found = Suggest(ConvNet(5, 2), recipe, {.target = 15, .runs = 0});
  EXPECT_TRUE(found.met);
  EXPECT_EQ(found.recipe.dynamic_options.nodes_to_exclude, std::vector<std::string>{"conv2"});
  EXPECT_TRUE(found.ranges.ranges.empty());
}

class Said final : public Monitor {
 public:
  void OnLog(LogLevel level, std::string_view message) override {
    if (level == LogLevel::kWarning) warnings += message;
  }
  std::string warnings;
};

// Of weights alone the nodes to keep are excluded in every form, and what is done to the result is
// done to each model that is tried.
TEST(Suggest, KeepsProductsWhoseWeightsAreQuantizedAlone) {
  const Model model = ProductNet(4, 2);
  const auto row = [](int i) -> TensorMap {
    return {{"x", Noise({2, 32}, static_cast<uint32_t>(i))}};
  };
  for (const char* text : {R"({"quantize_matmul_nbits": {"block_size": 16}})",
                           R"({"quantize_matmul_nbits": {"quant_format": "QDQ"}})",
                           R"({"quantize_matmul_bnb4": {"nodes_to_exclude": ["product0"]}})",
                           R"({"quantize_matmul_nbits": {"bits": 8, "block_size": 16},
                               "convert_float_to_float16": {}})"}) {
    SCOPED_TRACE(text);
    const Recipe recipe = RecipeFromJson(text);
    const bool is_bnb4 = recipe.method == RecipeMethod::kMatMulBnb4;
    const double target = recipe.nbits_options.bits == 8 ? 30 : 12;
    Said said;
    SuggestSearch search(model, recipe, {.target = target, .runs = 1}, &said);
    do {
      for (int i = 0; i < kSamples; ++i) search.Add(row(i));
    } while (search.NextPass());
    const Suggestion found = search.Finish();
    EXPECT_TRUE(found.met);
    EXPECT_EQ(found.considered, is_bnb4 ? 3 : 4);
    ASSERT_EQ(found.kept.size(), 1U);
    EXPECT_EQ(found.kept[0].node, "product2");
    EXPECT_LT(*found.quantized.value, target);
    const std::vector<std::string> excluded = is_bnb4 ? found.recipe.bnb4_options.nodes_to_exclude
                                                      : found.recipe.nbits_options.nodes_to_exclude;
    EXPECT_EQ(excluded, is_bnb4 ? (std::vector<std::string>{"product0", "product2"})
                                : std::vector<std::string>{"product2"});
    EXPECT_EQ(found.recipe.float16_after.has_value(), recipe.float16_after.has_value());
    const Model again = Convert(model, found.recipe);
    EXPECT_EQ(found.suggested.bytes, FileBytes(again));
    Comparer comparer(model, again);
    for (int i = 0; i < kSamples; ++i) comparer.Add(row(i));
    EXPECT_NEAR(*found.suggested.value, comparer.Result().outputs.at(0).metrics.at("sqnr_db"),
                1e-2);
    EXPECT_TRUE(found.ranges.ranges.empty());
    EXPECT_TRUE(found.suggested.latency);
    // Of a node at a time none is quantized of the others.
    EXPECT_EQ(said.warnings.find("No weight was quantized"), std::string::npos);
  }
}

// What cannot be met ends with the closest.
TEST(Suggest, SaysWhenTheTargetIsOutOfReach) {
  const Suggestion found =
      Suggest(ConvNet(3, 1), Static(), {.metric = "cosine", .target = 1.5, .runs = 0});
  EXPECT_FALSE(found.met);
  EXPECT_EQ(found.kept.size(), 3U);
  EXPECT_NEAR(*found.suggested.value, 1, 1e-9);
  EXPECT_TRUE(found.complete);
}

TEST(Suggest, GivesTheBestSoFarWhenItIsStopped) {
  class Stop : public Monitor {
   public:
    bool Cancelled() override { return stop; }
    bool stop = false;
  } stop;
  SuggestSearch search(ConvNet(5, 2), Static(), {.target = 25, .runs = 1}, &stop);
  const auto pass = [&] {
    for (int i = 0; i < kSamples; ++i) search.Add(Image(i));
    return search.NextPass();
  };
  EXPECT_TRUE(pass() && pass());
  ExpectError(ErrorCode::kCancelled, "No model has been tried yet", [&] { search.Finish(); });
  EXPECT_TRUE(pass());
  stop.stop = true;
  ExpectError(ErrorCode::kCancelled, "", [&] { search.Add(Image(0)); });
  const Suggestion found = search.Finish();
  EXPECT_FALSE(found.complete);
  EXPECT_FALSE(found.met);
  EXPECT_EQ(found.trials, 1);
  EXPECT_TRUE(found.kept.empty());
}

TEST(Suggest, EndsWithItsTrials) {
  const Suggestion found =
      Suggest(ConvNet(5, 2), Static(), {.target = 25, .max_trials = 2, .runs = 0});
  EXPECT_EQ(found.trials, 2);
  EXPECT_FALSE(found.complete);
}

TEST(Suggest, SaysWhatIsWrong) {
  const Model model = ConvNet(2, 0);
  const auto suggest = [&](const SuggestOptions& options) {
    return [&model, options] { SuggestSearch(model, Static(), options); };
  };
  ExpectError(ErrorCode::kInvalidArgument, "The target is no finite number",
              suggest({.target = NAN}));
  ExpectError(ErrorCode::kInvalidArgument, "'max_trials' is 0", suggest({.max_trials = 0}));
  ExpectError(ErrorCode::kInvalidArgument, "'metric' is 'x'", suggest({.metric = "x"}));
}

}  // namespace
}  // namespace quantab
