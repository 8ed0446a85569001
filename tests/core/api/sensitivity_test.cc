#include "core/api/sensitivity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/api/json.h"
#include "core/api/quantab.h"
#include "core/eval/accumulator.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

constexpr size_t kSamples = 3;

TensorMap Image(size_t index) {
  return {{"image", Noise({1, 4, 8, 8}, static_cast<uint32_t>(index))}};
}

// Two arms that meet, a value read after them, two outputs, and nodes that are not quantized.
Model Arms() {
  QuantGraphBuilder b;
  b.Input("x", {1, 8}).Output("y", {1, 8}).Output("z", {1, 8});
  b.Weight("w1", {8, 8}).Weight("w2", {8, 8}).Weight("w3", {8, 8}).Weight("w4", {8, 8});
  b.Node("MatMul", {"x", "w1"}, {"h"}, "first");
  b.Node("Tanh", {"h"}, {"t"}, "tanh");
  b.Node("MatMul", {"t", "w2"}, {"left"}, "left");
  b.Node("MatMul", {"t", "w3"}, {"right"});
  b.Node("Add", {"left", "right"}, {"sum"}, "sum");
  b.Node("Add", {"sum", "h"}, {"y"}, "y");
  b.Node("MatMul", {"t", "w4"}, {"z"}, "z");
  return b.model();
}

TensorMap Row(size_t index) { return {{"x", Noise({1, 8}, static_cast<uint32_t>(index))}}; }

Recipe RecipeWith(const std::string& json) { return RecipeFromJson(json); }

// The metric of the worst output, by running both models as their files say.
double MeasuredBetween(const Model& reference, const Model& test, const std::string& metric,
                       bool larger_is_better, const SampleSource& sample) {
  const SessionOptions as_written = {.lower = false, .reproducible = true};
  Session a(reference, as_written), b(test, as_written);
  OutputAccumulator sums(a.outputs());
  for (size_t i = 0; i < kSamples; ++i) sums.Add(a.Run(sample(i)), b.Run(sample(i)));
  std::optional<double> worst;
  for (const OutputMetrics& output : sums.Result()) {
    const double value = output.values.at(metric);
    if (!worst || (larger_is_better ? value < *worst : value > *worst)) worst = value;
  }
  return *worst;
}

struct Case {
  const char* recipe;
  const char* metric;
  bool larger_is_better;
};

class Forms : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    All, Forms,
    ::testing::Values(
        Case{R"({"quantize_static": {}})", "sqnr_db", true},
        Case{R"({"quantize_static": {"quant_format": "QOperator"}})", "mse", false},
        Case{R"({"quantize_static": {"calibrate_method": "Entropy", "per_channel": true}})",
             "cosine", true},
        Case{R"({"quantize_static": {"cross_layer_equalization": true}})", "sqnr_db", true},
        Case{R"({"quantize_static": {"config": "qdq", "activation_type": "QUInt8"}})",
             "max_abs_error", false},
        Case{R"({"quantize_static": {"nodes_to_exclude": ["left"]}})", "sqnr_db", true},
        Case{R"({"quantize_dynamic": {}})", "sqnr_db", true},
        Case{R"({"quantize_matmul_nbits": {"block_size": 16}})", "sqnr_db", true},
        Case{R"({"quantize_matmul_nbits": {"quant_format": "QDQ", "is_symmetric": true}})", "mse",
             false},
        Case{R"({"quantize_matmul_nbits": {"nodes_to_exclude": ["left"]},
                 "convert_float_to_float16": {}})",
             "sqnr_db", true},
        Case{R"({"quantize_matmul_bnb4": {}})", "cosine", true}));

// Of the products, by a method for weights alone.
Model WeightAlone(const Model& model, const Recipe& recipe, const std::string& node) {
  std::vector<std::string> others = {"first", "left", "#3 (MatMul)", "z"};
  std::erase(others, node);
  EXPECT_EQ(others.size(), 3U);
  if (recipe.method == RecipeMethod::kMatMulBnb4) {
    MatMulBnb4Options options = recipe.bnb4_options;
    options.nodes_to_exclude = others;
    return QuantizeMatMulBnb4(model, options);
  }
  MatMulNBitsOptions options = recipe.nbits_options;
  options.nodes_to_exclude = others;
  return QuantizeMatMulNBits(model, options);
}

// What is measured of a part is what the whole model with that node alone quantized makes.
TEST_P(Forms, GiveWhatWholeModelsGive) {
  const Model model = Arms();
  const Recipe recipe = RecipeWith(GetParam().recipe);
  SensitivityMeter meter(model, recipe, {.metric = GetParam().metric});
  int64_t passes = 0;
  do {
    for (size_t i = 0; i < kSamples; ++i) meter.Add(Row(i));
    ++passes;
  } while (meter.NextPass());
  EXPECT_LE(passes, meter.most_passes());
  const SensitivityReport report = meter.Result();
  EXPECT_EQ(report.metric, GetParam().metric);
  EXPECT_EQ(report.larger_is_better, GetParam().larger_is_better);
  EXPECT_EQ(report.samples, static_cast<int>(kSamples));
  EXPECT_GE(report.nodes.size(), 3U);
  std::set<std::string> names;
  double last = report.nodes.front().value;
  for (const NodeSensitivity& node : report.nodes) {
    SCOPED_TRACE(node.node);
    names.insert(node.node);
    Model alone;
    if (recipe.method == RecipeMethod::kDynamic) {
      DynamicOptions options = recipe.dynamic_options;
      options.nodes_to_quantize = {node.node};
      alone = QuantizeDynamic(model, options);
    } else if (recipe.method != RecipeMethod::kStatic) {
      alone = WeightAlone(model, recipe, node.node);
    } else {
      StaticOptions options = recipe.static_options;
      options.nodes_to_quantize = {node.node};
      alone = QuantizeStatic(model, options, meter.ranges());
    }
    const double expected =
        MeasuredBetween(model, alone, GetParam().metric, GetParam().larger_is_better, Row);
    if (std::isinf(expected)) {
      EXPECT_EQ(node.value, expected);
    } else {
      EXPECT_NEAR(node.value, expected, 1e-4 * std::fabs(expected));
    }
    EXPECT_TRUE(GetParam().larger_is_better ? last <= node.value : last >= node.value);
    last = node.value;
  }
  EXPECT_TRUE(names.contains("#3 (MatMul)"));
  EXPECT_EQ(names.contains("left"), recipe.static_options.nodes_to_exclude.empty() &&
                                        recipe.nbits_options.nodes_to_exclude.empty());
  EXPECT_EQ(names.contains("tanh"), recipe.static_options.config == "qdq");
}

TEST(Sensitivity, FindsTheLayerThatIsToBlame) {
  const Model model = ConvNet(5, 2);
  const SensitivityReport report =
      MeasureSensitivity(model, kSamples, Image, RecipeWith(R"({"quantize_static": {}})"));
  EXPECT_EQ(report.nodes.front().node, "conv2");
  EXPECT_EQ(report.nodes.front().op_type, "Conv");
  EXPECT_LT(report.nodes.front().value, report.nodes[1].value - 10);
}

// Where not all weights may be held at a time, the samples are read more often, with the same
// result.
TEST(Sensitivity, IsTheSameInManyPasses) {
  const Model model = ConvNet(5, 2);
  const Recipe recipe = RecipeWith(R"({"quantize_static": {}})");
  size_t reads = 0;
  const SampleSource counted = [&](size_t index) {
    ++reads;
    return Image(index);
  };
  const SensitivityReport at_once = MeasureSensitivity(model, kSamples, counted, recipe);
  EXPECT_EQ(reads, 2 * kSamples);
  reads = 0;
  const SensitivityReport one_by_one =
      MeasureSensitivity(model, kSamples, counted, recipe, {.weight_budget = 1});
  EXPECT_EQ(reads, (1 + at_once.nodes.size()) * kSamples);
  EXPECT_EQ(ToJson(at_once), ToJson(one_by_one));
}

TEST(Sensitivity, MeasuresAccuracyByLabels) {
  QuantGraphBuilder b;
  b.Input("x", {1, 8}).Output("y", {1, 8}).Weight("w", {8, 8});
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  SensitivityMeter meter(b.model(), RecipeWith(R"({"quantize_static": {}})"),
                         {.metric = "top1_accuracy"});
  Session session(b.model());
  std::vector<int64_t> labels;
  for (size_t i = 0; i < kSamples; ++i) {
    const Tensor y = session.Run(Row(i)).at("y");
    const std::span<const float> scores = y.span<float>();
    labels.push_back(std::max_element(scores.begin(), scores.end()) - scores.begin());
  }
  labels[1] = (labels[1] + 1) % 8;
  do {
    for (size_t i = 0; i < kSamples; ++i) meter.Add(Row(i), labels[i]);
  } while (meter.NextPass());
  const SensitivityReport report = meter.Result();
  ASSERT_EQ(report.nodes.size(), 1U);
  EXPECT_DOUBLE_EQ(report.nodes[0].value, 2.0 / 3);
}

TEST(Sensitivity, SaysWhatIsWrong) {
  const Model model = Arms();
  const auto measure = [&](const std::string& recipe, const std::string& metric = "sqnr_db",
                           size_t samples = 1) {
    return [=] { MeasureSensitivity(model, samples, Row, RecipeWith(recipe), {.metric = metric}); };
  };
  const std::string plain = R"({"quantize_static": {}})";
  ExpectError(ErrorCode::kInvalidArgument, "'metric' is 'psnr', expected one of '",
              measure(plain, "psnr"));
  ExpectError(ErrorCode::kInvalidArgument, "There was no sample", measure(plain, "sqnr_db", 0));
  ExpectError(ErrorCode::kInvalidArgument, "applies to none of the model's outputs",
              measure(plain, "top1_accuracy"));
  ExpectError(ErrorCode::kInvalidArgument, "'smooth_quant' fits the whole model",
              measure(R"({"quantize_static": {"smooth_quant": true}})"));
  ExpectError(ErrorCode::kInvalidArgument, "this is a recipe for 'convert_float_to_float16'",
              measure(R"({"convert_float_to_float16": {}})"));
  ExpectError(ErrorCode::kInvalidArgument, "'block_size' is 3",
              measure(R"({"quantize_matmul_nbits": {"block_size": 3}})"));
  ExpectError(ErrorCode::kInvalidArgument, "'nodes_to_exclude' names 'nobody'",
              measure(R"({"quantize_matmul_bnb4": {"nodes_to_exclude": ["nobody"]}})"));
  ExpectError(ErrorCode::kInvalidArgument, "Nothing in this model would be quantized",
              measure(R"({"quantize_matmul_bnb4":
                          {"nodes_to_exclude": ["first", "left", "#3", "z"]}})"));
  ExpectError(ErrorCode::kInvalidArgument, "Nothing in this model would be quantized",
              measure(R"({"quantize_static": {"op_types_to_quantize": ["Tanh"],
                                              "nodes_to_exclude": ["tanh"]}})"));
  SensitivityMeter meter(model, RecipeWith(plain));
  meter.Add(Row(0));
  ExpectError(ErrorCode::kInvalidArgument, "not all nodes are measured", [&] { meter.Result(); });
}

TEST(Sensitivity, CanBeCancelled) {
  class Stop : public Monitor {
   public:
    bool Cancelled() override { return stop; }
    bool stop = false;
  } stop;
  SensitivityMeter meter(Arms(), RecipeWith(R"({"quantize_static": {}})"), {}, &stop);
  meter.Add(Row(0));
  meter.NextPass();
  stop.stop = true;
  ExpectError(ErrorCode::kCancelled, "", [&] { meter.Add(Row(0)); });
}

}  // namespace
}  // namespace quantab
