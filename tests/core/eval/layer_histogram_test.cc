#include "core/eval/layer_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/eval/as_written.h"
#include "core/graph/graph_view.h"
#include "tests/core/api/conv_net.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

// y = relu(x @ w), where what comes after may not run.
QuantGraphBuilder Layers() {
  QuantGraphBuilder b;
  b.Input("x", {2, 8}).Output("y", {2, 4}).Weight("w", {8, 4});
  b.Node("MatMul", {"x", "w"}, {"h"}, "product");
  b.Node("Relu", {"h"}, {"y"}, "relu");
  return b;
}

std::vector<LayerHistogram> HistogramsOn(const Model& model, const Model& quantized,
                                         const std::vector<std::string>& names, int bins,
                                         const std::vector<TensorMap>& samples) {
  HistogramComparer comparer(model, quantized, names, bins, nullptr);
  do {
    for (const TensorMap& sample : samples) comparer.Add(sample);
  } while (comparer.NextPass());
  return comparer.Result();
}

std::vector<int64_t> Counted(const std::vector<float>& values, double min, double max, int bins) {
  std::vector<int64_t> counts(static_cast<size_t>(bins));
  for (const float value : values) {
    const double place = (double{value} - min) * (bins / (max - min));
    ++counts[static_cast<size_t>(std::min<double>(place, bins - 1))];
  }
  return counts;
}

void ExpectDistribution(const Distribution& actual, const std::vector<float>& values,
                        const LayerHistogram& all) {
  EXPECT_EQ(actual.elements, static_cast<int64_t>(values.size()));
  EXPECT_EQ(actual.not_finite, 0);
  EXPECT_EQ(actual.min, *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(actual.max, *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(actual.counts,
            Counted(values, all.min, all.max, static_cast<int>(actual.counts.size())));
}

// Some of what is shown is beyond the range, which is [-2, 3].
TEST(HistogramComparer, CountsAnInputAndItsQuantizedForm) {
  const Model model = Layers().model();
  const Model quantized = Static(model);
  const float scale = ElementsOf<float>(quantized, "x_scale").at(0);
  const int zero = ElementsOf<int8_t>(quantized, "x_zero_point").at(0);
  std::vector<TensorMap> samples;
  std::vector<float> floats, dequantized;
  int64_t clipped = 0;
  for (uint32_t seed = 0; seed < 3; ++seed) {
    Tensor x = Noise({2, 8}, seed);
    for (int64_t i = 0; i < x.count(); ++i) {
      float& value = x.mutable_data<float>()[i];
      value = 1 + 3 * value;
      const float code = std::nearbyint(value / scale) + static_cast<float>(zero);
      const float kept = std::clamp(code, -128.0F, 127.0F);
      if (kept != code) ++clipped;
      floats.push_back(value);
      dequantized.push_back((kept - static_cast<float>(zero)) * scale);
    }
    samples.push_back({{"x", x}});
  }
  ASSERT_GT(clipped, 0);
  const auto all = HistogramsOn(model, quantized, {"x"}, 10, samples);
  ASSERT_EQ(all.size(), 1U);
  const LayerHistogram& x = all[0];
  EXPECT_EQ(x.name, "x");
  EXPECT_FALSE(x.weight);
  EXPECT_EQ(x.min, *std::min_element(floats.begin(), floats.end()));
  EXPECT_EQ(x.max, *std::max_element(floats.begin(), floats.end()));
  ExpectDistribution(x.reference, floats, x);
  ExpectDistribution(x.quantized, dequantized, x);
  ASSERT_TRUE(x.limits);
  EXPECT_EQ(x.limits->min, double{scale} * (-128 - zero));
  EXPECT_EQ(x.limits->max, double{scale} * (127 - zero));
  EXPECT_EQ(x.clipped, clipped);
}

// In every form, what the runs of both models give.
TEST(HistogramComparer, CountsWhatBothModelsMake) {
  const Model model = Layers().model();
  StaticOptions qoperator;
  qoperator.quant_format = "QOperator";
  for (const Model& quantized : {Static(model), Static(model, qoperator), Dynamic(model)}) {
    Session a(model, AsWritten(nullptr)), b(quantized, AsWritten(nullptr));
    std::vector<TensorMap> samples;
    std::vector<float> floats, others;
    for (uint32_t seed = 0; seed < 3; ++seed) {
      samples.push_back({{"x", Noise({2, 8}, seed)}});
      const Tensor expected = a.Run(samples.back()).at("y");
      const Tensor actual = b.Run(samples.back()).at("y");
      floats.insert(floats.end(), expected.span<float>().begin(), expected.span<float>().end());
      others.insert(others.end(), actual.span<float>().begin(), actual.span<float>().end());
    }
    const auto all = HistogramsOn(model, quantized, {"y", "y"}, 16, samples);
    ASSERT_EQ(all.size(), 1U);
    ExpectDistribution(all[0].reference, floats, all[0]);
    ExpectDistribution(all[0].quantized, others, all[0]);
    // Limits are those of the DequantizeLinear that makes the value, in the forms where one does.
    const GraphView view(quantized.proto.graph());
    const bool is_quantized = view.graph().node(view.Producer("y")).op_type() == "DequantizeLinear";
    EXPECT_EQ(all[0].limits.has_value(), is_quantized);
    EXPECT_EQ(all[0].clipped.has_value(), is_quantized);
  }
}

TEST(HistogramComparer, CountsWeightsWithoutSamples) {
  const Model model = Layers().model();
  StaticOptions options;
  for (const bool per_channel : {false, true}) {
    options.per_channel = per_channel;
    options.qdq_op_type_per_channel_support_to_axis = {{"MatMul", 1}};
    Model quantized = Static(model, options);
    // With scales of three quarters, a part of each channel is clipped.
    std::vector<float> scales = ElementsOf<float>(quantized, "w_scale");
    for (float& scale : scales) scale *= 0.75F;
    for (auto& tensor : *quantized.proto.mutable_graph()->mutable_initializer()) {
      const auto bytes = std::as_bytes(std::span(scales));
      if (tensor.name() == "w_scale") {
        SetBytes(quantized, tensor, MakeMemoryBlob({bytes.begin(), bytes.end()}));
      }
    }
    const std::vector<float> floats = ElementsOf<float>(model, "w");
    const std::vector<int8_t> codes = ElementsOf<int8_t>(quantized, "w_quantized");
    std::vector<float> dequantized;
    int64_t clipped = 0;
    for (size_t i = 0; i < floats.size(); ++i) {
      const float scale = scales[per_channel ? i % 4 : 0];
      dequantized.push_back(static_cast<float>(codes[i]) * scale);
      const double code = floats[i] / double{scale};
      if (code < -128.5 || code > 127.5) ++clipped;
    }
    HistogramComparer comparer(model, quantized, {"w"}, 8, nullptr);
    EXPECT_EQ(comparer.passes(), 0);
    EXPECT_FALSE(comparer.NextPass());
    const LayerHistogram w = comparer.Result().at(0);
    EXPECT_TRUE(w.weight);
    ExpectDistribution(w.reference, floats, w);
    ExpectDistribution(w.quantized, dequantized, w);
    EXPECT_GT(clipped, 0);
    EXPECT_EQ(w.clipped, clipped);
    ASSERT_EQ(w.limits.has_value(), !per_channel);
    if (w.limits) {
      EXPECT_EQ(w.limits->min, double{scales[0]} * -128);
      EXPECT_EQ(w.limits->max, double{scales[0]} * 127);
    }
  }
}

// A weight of several pieces, and a value after it, in the order of the names.
TEST(HistogramComparer, TakesValuesAndWeightsTogether) {
  QuantGraphBuilder b;
  b.Input("x", {1, 200}).Output("y", {1, 131}).Weight("w", {200, 131});
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  const Model quantized = Static(b.model());
  const auto all =
      HistogramsOn(b.model(), quantized, {"y", "w", "x"}, 33, {{{"x", Noise({1, 200}, 1)}}});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "y");
  EXPECT_EQ(all[2].name, "x");
  ExpectDistribution(all[1].reference, ElementsOf<float>(b.model(), "w"), all[1]);
  EXPECT_EQ(all[1].clipped, 0);
  for (const LayerHistogram& each : all) {
    for (const Distribution* of : {&each.reference, &each.quantized}) {
      EXPECT_EQ(std::accumulate(of->counts.begin(), of->counts.end(), int64_t{0}), of->elements);
    }
  }
}

TEST(HistogramComparer, LeavesOutWhatIsNotFinite) {
  const Model model = Layers().model();
  Tensor x = Noise({2, 8}, 1);
  x.mutable_data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  x.mutable_data<float>()[1] = std::numeric_limits<float>::infinity();
  const LayerHistogram h = HistogramsOn(model, model, {"x"}, 4, {{{"x", x}}}).at(0);
  EXPECT_EQ(h.reference.not_finite, 2);
  EXPECT_TRUE(std::isfinite(h.max));
  EXPECT_EQ(std::accumulate(h.reference.counts.begin(), h.reference.counts.end(), int64_t{0}), 14);
  EXPECT_EQ(h.quantized.counts, h.reference.counts);
}

// What comes after the last value that is looked at does not run.
TEST(HistogramComparer, RunsNoFurtherThanItLooks) {
  QuantGraphBuilder b = Layers();
  b.Ints("shape", {3, 5}).Output("z", {3, 5});
  b.Node("Reshape", {"y", "shape"}, {"z"}, "wrong");
  const TensorMap sample = {{"x", Noise({2, 8}, 1)}};
  EXPECT_EQ(HistogramsOn(b.model(), b.model(), {"y"}, 4, {sample}).at(0).reference.elements, 8);
  EXPECT_THROW(HistogramsOn(b.model(), b.model(), {"z"}, 4, {sample}), Error);
}

TEST(HistogramComparer, SaysWhatIsWrong) {
  QuantGraphBuilder b = Layers();
  b.Output("shape", {2});
  b.Node("Shape", {"y"}, {"shape"}, "shape");
  const Model model = b.model();
  const Model quantized = Static(model);
  const auto with = [&](const std::string& name, int bins) {
    return HistogramComparer(model, quantized, {name}, bins, nullptr);
  };
  ExpectError(ErrorCode::kInvalidArgument, "'nothing' is neither a value that both models have",
              [&] { with("nothing", 4); });
  ExpectError(ErrorCode::kInvalidArgument, "A histogram of 0 bins", [&] { with("x", 0); });
  HistogramComparer of_shape = with("shape", 4);
  const TensorMap sample = {{"x", Noise({2, 8}, 1)}};
  ExpectError(ErrorCode::kInvalidArgument, "Value 'shape' is int64. Histograms are of floats.",
              [&] { of_shape.Add(sample); });
  HistogramComparer comparer = with("y", 4);
  EXPECT_EQ(comparer.passes(), 2);
  ExpectError(ErrorCode::kInvalidArgument, "There was no sample", [&] { comparer.NextPass(); });
  ExpectError(ErrorCode::kInvalidArgument, "'x'", [&] { comparer.Add({}); });
  comparer.Add(sample);
  EXPECT_TRUE(comparer.NextPass());
  ExpectError(ErrorCode::kInvalidArgument, "given 2 times", [&] { comparer.Result(); });
  comparer.Add(sample);
  EXPECT_FALSE(comparer.NextPass());
  EXPECT_EQ(comparer.Result().at(0).reference.elements, 8);
}

}  // namespace
}  // namespace quantab
