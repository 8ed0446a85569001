#include "core/api/layer_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/api/quantab.h"
#include "core/api/recipe.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

enum class Form { kQdq, kQOperator, kDynamic, kNBits, kNBitsQdq, kBnb4 };

bool QuantizesActivations(Form form) { return form == Form::kQdq || form == Form::kQOperator; }

// With the same range for all values.
Model QuantizedAs(Form form, const Model& model) {
  if (form == Form::kDynamic) return QuantizeDynamic(model);
  if (form == Form::kNBits) return QuantizeMatMulNBits(model, {.block_size = 16});
  if (form == Form::kBnb4) return QuantizeMatMulBnb4(model, {.block_size = 16});
  if (form == Form::kNBitsQdq) {
    return QuantizeMatMulNBits(model, {.block_size = 16, .quant_format = "QDQ"});
  }
  StaticOptions options;
  options.quant_format = form == Form::kQdq ? "QDQ" : "QOperator";
  StaticQuantizer quantizer(model, options);
  TensorMap sample;
  for (const InputInfo& input : InputsOf(model)) {
    sample[input.name] = Noise({1, std::stoll(input.shape[1])}, 1);
  }
  quantizer.Collect(sample);
  TensorRanges ranges = quantizer.Ranges();
  for (auto& [name, range] : ranges.ranges) {
    range.min = -20;
    range.max = 20;
  }
  return QuantizeStatic(model, options, ranges);
}

// y = (x @ w1) @ w2, or its second part.
Model TwoProducts(bool both) {
  QuantGraphBuilder b;
  b.Input(both ? "x" : "h", {1, 8}).Output("y", {1, 8});
  b.Weight("w1", {8, 8}).Weight("w2", {8, 8});
  if (both) b.Node("MatMul", {"x", "w1"}, {"h"}, "first");
  b.Node("MatMul", {"h", "w2"}, {"y"}, "second");
  if (!both) b.graph().mutable_initializer()->DeleteSubrange(0, 1);
  return b.model();
}

LayerFigures Find(const LayerReport& report, const std::string& name) {
  for (const LayerFigures& layer : report.layers) {
    if (layer.name == name) return layer;
  }
  ADD_FAILURE() << "no layer '" << name << "'";
  return {};
}

void ExpectSame(const ErrorFigures& a, const ErrorFigures& b) {
  EXPECT_DOUBLE_EQ(a.sqnr_db, b.sqnr_db);
  EXPECT_DOUBLE_EQ(a.mse, b.mse);
  EXPECT_DOUBLE_EQ(a.max_abs_error, b.max_abs_error);
  EXPECT_DOUBLE_EQ(a.cosine, b.cosine);
  EXPECT_DOUBLE_EQ(a.min, b.min);
  EXPECT_DOUBLE_EQ(a.max, b.max);
}

class LayerForms : public ::testing::TestWithParam<Form> {};
INSTANTIATE_TEST_SUITE_P(All, LayerForms,
                         ::testing::Values(Form::kQdq, Form::kQOperator, Form::kDynamic,
                                           Form::kNBits, Form::kNBitsQdq, Form::kBnb4));

// Nothing is before the first layer, so that all its error is its own; the second's own error is
// what it makes of the float model's values.
TEST_P(LayerForms, TellOwnErrorsFromAccumulatedOnes) {
  const Model model = TwoProducts(true);
  const Model tail = TwoProducts(false);
  LayerReporter reporter(model, QuantizedAs(GetParam(), model));
  LayerReporter of_tail(tail, QuantizedAs(GetParam(), tail));
  Session session(model, {.lower = false, .reproducible = true});
  for (uint32_t seed = 0; seed < 3; ++seed) {
    const Tensor x = Noise({1, 8}, seed);
    reporter.Add({{"x", x}});
    struct Keep : Observer {
      bool Wants(const std::string& value) override { return value == "h"; }
      void OnTensor(const std::string&, const Tensor& tensor) override { h = tensor.Clone(); }
      Tensor h;
    } keep;
    session.Run({{"x", x}}, &keep);
    of_tail.Add({{"h", keep.h}});
  }
  const LayerReport report = reporter.Result();
  EXPECT_EQ(report.samples, 3);
  const LayerFigures h = Find(report, "h");
  const LayerFigures y = Find(report, "y");
  EXPECT_EQ(h.nodes, std::vector<std::string>{"first"});
  EXPECT_EQ(h.op_type, "MatMul");
  EXPECT_EQ(h.elements, 24);
  ASSERT_TRUE(h.own && y.own);
  ExpectSame(*h.own, h.accumulated);
  ExpectSame(*y.own, Find(of_tail.Result(), "y").accumulated);
  EXPECT_GT(y.accumulated.mse, y.own->mse);
  const LayerFigures x = Find(report, "x");
  EXPECT_TRUE(x.nodes.empty());
  EXPECT_EQ(x.own.has_value(), QuantizesActivations(GetParam()));
  EXPECT_EQ(report.weights.size(), 2U);
}

// By the definitions of the metrics, from runs of both models.
TEST_P(LayerForms, AccumulatedErrorsAreThoseOfTheOutputs) {
  const Model model = TwoProducts(true);
  const Model quantized = QuantizedAs(GetParam(), model);
  LayerReporter reporter(model, quantized);
  const SessionOptions as_written = {.lower = false, .reproducible = true};
  Session a(model, as_written), b(quantized, as_written);
  double signal = 0, noise = 0, most = 0;
  for (uint32_t seed = 0; seed < 2; ++seed) {
    const TensorMap sample = {{"x", Noise({1, 8}, seed)}};
    reporter.Add(sample);
    const Tensor expected = a.Run(sample).at("y");
    const Tensor actual = b.Run(sample).at("y");
    for (int64_t i = 0; i < 8; ++i) {
      const double value = expected.data<float>()[i];
      const double error = value - actual.data<float>()[i];
      signal += value * value;
      noise += error * error;
      most = std::max(most, std::abs(error));
    }
  }
  const ErrorFigures y = Find(reporter.Result(), "y").accumulated;
  EXPECT_NEAR(y.sqnr_db, 20 * std::log10(std::sqrt(signal) / std::sqrt(noise)), 1e-9);
  EXPECT_NEAR(y.mse, noise / 16, 1e-12);
  EXPECT_DOUBLE_EQ(y.max_abs_error, most);
}

// A layer's own error is measured in the precision that its quantized form has.
TEST(LayerReporter, TakesWeightsAloneWithTheRestInHalfPrecision) {
  const Model model = TwoProducts(true);
  for (const char* method :
       {R"("quantize_matmul_nbits": {"block_size": 16})",
        R"("quantize_matmul_nbits": {"quant_format": "QDQ"})", R"("quantize_matmul_bnb4": {})"}) {
    for (const char* keep : {"true", "false"}) {
      SCOPED_TRACE(std::string(method) + keep);
      const Recipe recipe =
          RecipeFromJson("{" + std::string(method) +
                         R"(, "convert_float_to_float16": {"keep_io_types": )" + keep + "}}");
      LayerReporter reporter(model, Convert(model, recipe));
      reporter.Add({{"x", Noise({1, 8}, 1)}});
      const LayerReport report = reporter.Result();
      EXPECT_EQ(report.weights.size(), 2U);
      for (const char* name : {"h", "y"}) {
        const LayerFigures layer = Find(report, name);
        ASSERT_TRUE(layer.own) << name;
        EXPECT_GT(layer.own->sqnr_db, 5);
        EXPECT_LT(layer.own->sqnr_db, 60);
      }
    }
  }
}

// A constant that a product reads beside its weight stays as it is, and is no pair of the weight's.
TEST(LayerReporter, PairsWeightsWithTheirOwnCodesAlone) {
  QuantGraphBuilder b;
  b.Input("x", {2, 16}).Output("y", {2, 16}).Weight("p", {16, 16}).Weight("w", {16, 16});
  b.Node("MatMul", {"p", "w"}, {"h"}, "h_node");
  b.Node("MatMul", {"x", "h"}, {"y"}, "y_node");
  const Model model = b.model();
  for (const Form form : {Form::kNBits, Form::kNBitsQdq, Form::kBnb4}) {
    LayerReporter reporter(model, QuantizedAs(form, model));
    reporter.Add({{"x", Noise({2, 16}, 1)}});
    const LayerReport report = reporter.Result();
    ASSERT_EQ(report.weights.size(), 1U);
    EXPECT_EQ(report.weights[0].name, "w");
  }
}

TEST(LayerReporter, RanksTheLayerThatIsToBlameFirst) {
  for (const char* format : {"QDQ", "QOperator"}) {
    SCOPED_TRACE(format);
    const Model model = ConvNet(5, 2);
    StaticOptions options;
    options.quant_format = format;
    StaticQuantizer quantizer(model, options);
    for (uint32_t seed = 0; seed < 4; ++seed) {
      quantizer.Collect({{"image", Noise({1, 4, 8, 8}, seed)}});
    }
    LayerReporter reporter(model, quantizer.Finish());
    for (uint32_t seed = 0; seed < 4; ++seed) {
      reporter.Add({{"image", Noise({1, 4, 8, 8}, seed)}});
    }
    const LayerReport report = reporter.Result();
    EXPECT_EQ(report.layers.front().name, "r2");
    EXPECT_EQ(report.layers.front().nodes, (std::vector<std::string>{"conv2", "relu2"}));
    EXPECT_EQ(report.layers.front().op_type, "Conv+Relu");
    EXPECT_LT(report.layers.front().own->sqnr_db, 10);
    EXPECT_EQ(report.weights.front().name, "w2");
    // Those after it suffer more than they do by themselves.
    const LayerFigures after = Find(report, "r3");
    EXPECT_LT(after.accumulated.sqnr_db, after.own->sqnr_db - 10);
  }
}

TEST(LayerReporter, NothingDiffersBetweenAModelAndItself) {
  const Model model = TwoProducts(true);
  LayerReporter reporter(model, model);
  reporter.Add({{"x", Noise({1, 8}, 1)}});
  const LayerReport report = reporter.Result();
  ASSERT_EQ(report.layers.size(), 3U);
  for (const LayerFigures& layer : report.layers) {
    EXPECT_TRUE(std::isinf(layer.accumulated.sqnr_db));
    EXPECT_EQ(layer.accumulated.max_abs_error, 0);
    EXPECT_FALSE(layer.own);
  }
  EXPECT_TRUE(report.weights.empty());
}

// Two arms, which the quantized model has in another order, and a value that is read after them.
TEST_P(LayerForms, FollowGraphsWithArms) {
  QuantGraphBuilder b;
  b.Input("x", {1, 8}).Output("y", {1, 8});
  b.Weight("w1", {8, 8}).Weight("w2", {8, 8}).Weight("w3", {8, 8});
  b.Node("MatMul", {"x", "w1"}, {"h"}, "h");
  b.Node("MatMul", {"h", "w2"}, {"left"}, "left");
  b.Node("MatMul", {"h", "w3"}, {"right"}, "right");
  b.Node("Add", {"left", "right"}, {"sum"}, "sum");
  b.Node("Add", {"sum", "h"}, {"y"}, "y");
  Model quantized = QuantizedAs(GetParam(), b.model());
  onnx::GraphProto& graph = *quantized.proto.mutable_graph();
  for (int i = 0, k = graph.node_size() - 1; i < k; ++i, --k) {
    graph.mutable_node()->SwapElements(i, k);
  }
  LayerReporter reporter(b.model(), quantized);
  reporter.Add({{"x", Noise({1, 8}, 1)}});
  const LayerReport report = reporter.Result();
  EXPECT_EQ(report.layers.size(), 6U);
  for (const char* name : {"h", "left", "right"}) EXPECT_TRUE(Find(report, name).own) << name;
  const LayerFigures y = Find(report, "y");
  EXPECT_EQ(y.own.has_value(), QuantizesActivations(GetParam()));
  EXPECT_GT(y.accumulated.sqnr_db, 5);
}

// What is held does not grow with the number of layers.
uint64_t PeakOfChain(Form form, int layers) {
  QuantGraphBuilder b;
  b.Input("v0", {1, 64});
  std::string last = "v0";
  for (int i = 1; i <= layers; ++i) {
    const std::string n = std::to_string(i);
    b.Weight("w" + n, {64, 64}).Node("MatMul", {last, "w" + n}, {"m" + n}, "m" + n);
    last = "v" + n;
    b.Node("Tanh", {"m" + n}, {last}, "t" + n);
  }
  b.Output(last, {1, 64});
  auto& input = *b.graph().mutable_input(0)->mutable_type()->mutable_tensor_type();
  input.mutable_shape()->mutable_dim(0)->set_dim_param("batch");
  LayerReporter reporter(b.model(), QuantizedAs(form, b.model()));
  for (int run = 0; run < 2; ++run) reporter.Add({{"v0", Noise({200, 64}, 1)}});
  return reporter.Result().peak_activation_bytes;
}

TEST_P(LayerForms, HoldAsMuchForManyLayersAsForFew) {
  const uint64_t few = PeakOfChain(GetParam(), 6);
  EXPECT_GT(few, 200U * 64 * 4);
  EXPECT_LE(PeakOfChain(GetParam(), 60), few + 4096);
}

TEST(LayerReporter, SaysWhatIsWrong) {
  const Model model = TwoProducts(true);
  LayerReporter reporter(model, QuantizedAs(Form::kQdq, model));
  ExpectError(ErrorCode::kInvalidArgument, "There was no sample", [&] { reporter.Result(); });
  ExpectError(ErrorCode::kInvalidArgument, "'x'", [&] { reporter.Add({}); });
  reporter.Add({{"x", Noise({1, 8}, 1)}});
  EXPECT_EQ(reporter.Result().samples, 1);
}

TEST(LayerReporter, CanBeCancelled) {
  class Stop : public Monitor {
   public:
    bool Cancelled() override { return stop; }
    bool stop = false;
  } stop;
  const Model model = TwoProducts(true);
  LayerReporter reporter(model, QuantizedAs(Form::kQdq, model), &stop);
  stop.stop = true;
  ExpectError(ErrorCode::kCancelled, "", [&] { reporter.Add({{"x", Noise({1, 8}, 1)}}); });
  stop.stop = false;
  reporter.Add({{"x", Noise({1, 8}, 1)}});
  EXPECT_EQ(reporter.Result().samples, 1);
}

}  // namespace
}  // namespace quantab
