#include "core/eval/weight_histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

Model With(const std::vector<float>& values) {
  QuantGraphBuilder b;
  b.Weight("w", {static_cast<int64_t>(values.size())}, values);
  return b.model();
}

TEST(HistogramOf, CountsByDefinition) {
  const WeightHistogram h = HistogramOf(With({-1, -0.5, 0, 0, 0.25, 3}), "w", 4);
  EXPECT_EQ(h.name, "w");
  EXPECT_EQ(h.type, "float32");
  EXPECT_EQ(h.shape, Shape{6});
  EXPECT_EQ(h.elements, 6);
  EXPECT_EQ(h.zeros, 2);
  EXPECT_EQ(h.not_finite, 0);
  EXPECT_EQ(h.min, -1);
  EXPECT_EQ(h.max, 3);
  EXPECT_NEAR(h.mean, 1.75 / 6, 1e-12);
  EXPECT_NEAR(h.deviation, std::sqrt((1 + 0.25 + 0.0625 + 9) / 6 - std::pow(1.75 / 6, 2)), 1e-12);
  EXPECT_EQ(h.counts, (std::vector<int64_t>{2, 3, 0, 1}));
}

TEST(HistogramOf, ReadsInPieces) {
  QuantGraphBuilder b;
  b.Weight("w", {300, 701});
  const std::vector<float> values = ElementsOf<float>(b.model(), "w");
  const WeightHistogram h = HistogramOf(b.model(), "w", 37);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_EQ(h.min, *least);
  EXPECT_EQ(h.max, *most);
  std::vector<int64_t> expected(37);
  for (const float value : values) {
    const double place = (double{value} - h.min) / (h.max - h.min) * 37;
    ++expected[std::min(static_cast<size_t>(place), size_t{36})];
  }
  // Rounding may put a value at an edge into either of its bins.
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(h.counts[i], expected[i], 2) << i;
  EXPECT_EQ(std::accumulate(h.counts.begin(), h.counts.end(), int64_t{0}), h.elements);
  EXPECT_NEAR(h.deviation, 0.5, 0.01);
}

TEST(HistogramOf, LeavesOutWhatIsNotFinite) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const WeightHistogram h = HistogramOf(With({nan, 1, kInf, 2, -kInf}), "w", 2);
  EXPECT_EQ(h.not_finite, 3);
  EXPECT_EQ(h.min, 1);
  EXPECT_EQ(h.max, 2);
  EXPECT_EQ(h.mean, 1.5);
  EXPECT_EQ(h.counts, (std::vector<int64_t>{1, 1}));
  const WeightHistogram none = HistogramOf(With({nan, kInf}), "w", 2);
  EXPECT_EQ(none.not_finite, 2);
  EXPECT_EQ(none.min, 0);
  EXPECT_EQ(none.counts, (std::vector<int64_t>{0, 0}));
}

TEST(HistogramOf, EqualElementsAreInTheFirstBin) {
  const WeightHistogram h = HistogramOf(With({5, 5, 5}), "w", 3);
  EXPECT_EQ(h.counts, (std::vector<int64_t>{3, 0, 0}));
  EXPECT_EQ(h.deviation, 0);
  EXPECT_EQ(HistogramOf(With({}), "w", 1).counts, std::vector<int64_t>{0});
}

TEST(HistogramOf, ReadsConstantsAndHalves) {
  QuantGraphBuilder b;
  onnx::AttributeProto& value = *b.Node("Constant", {}, {"c"}).add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT16);
  value.mutable_t()->add_dims(2);
  value.mutable_t()->set_raw_data(std::string("\x00\x3c\x00\xc0", 4));  // 1 and -2
  const WeightHistogram h = HistogramOf(b.model(), "c", 3);
  EXPECT_EQ(h.type, "float16");
  EXPECT_EQ(h.min, -2);
  EXPECT_EQ(h.counts, (std::vector<int64_t>{1, 0, 1}));
}

TEST(HistogramOf, RefusesWhatItCannot) {
  QuantGraphBuilder b;
  b.Weight("w", {2, 2}).Ints("shape", {1, 2}).Input("x", {1});
  const auto message = [&](const std::string& name, int bins) {
    try {
      HistogramOf(b.model(), name, bins);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message("x", 8),
            "Weight 'x' is not stored in the model's main graph. Give the name of an initializer, "
            "or of a Constant's output.");
  EXPECT_EQ(message("shape", 8), "Weight 'shape' is int64. Histograms are of float32 and float16.");
  EXPECT_EQ(message("w", 0), "A histogram of 0 bins is not possible. Ask for 1 to 4096.");
  EXPECT_EQ(message("w", 4097), "A histogram of 4097 bins is not possible. Ask for 1 to 4096.");
}

}  // namespace
}  // namespace quantab
