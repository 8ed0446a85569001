// A half-precision model beside its float one: the samples are the float model's.
#include <gtest/gtest.h>

#include "core/api/quantab.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

Model TwoProducts() {
  QuantGraphBuilder b;
  b.Input("x", {1, 8}).Output("y", {1, 8});
  b.Weight("w1", {8, 8}).Weight("w2", {8, 8});
  b.Node("MatMul", {"x", "w1"}, {"h"}, "first");
  b.Node("MatMul", {"h", "w2"}, {"y"}, "second");
  return b.model();
}

Model Half(const Model& model, bool keep_io_types) {
  Float16Options options;
  options.keep_io_types = keep_io_types;
  return ConvertFloatToFloat16(model, options).model;
}

const TensorMap kSample = {{"x", F32({1, 8}, {1, -2, 3, 0.5f, -0.25f, 2, -1, 0.125f})}};

// Rounding the input, which these values survive, is all that differs.
TEST(HalfCompare, FloatSamplesServeHalfInputs) {
  const Model model = TwoProducts();
  std::vector<double> sqnr;
  for (const bool keep_io_types : {false, true}) {
    const Model half = Half(model, keep_io_types);
    EXPECT_EQ(InputsOf(half)[0].dtype, keep_io_types ? DType::kFloat : DType::kFloat16);
    Comparer comparer(model, half);
    comparer.Add(kSample);
    const Comparison comparison = comparer.Result();
    ASSERT_EQ(comparison.outputs.size(), 1U);
    sqnr.push_back(comparison.outputs[0].metrics.at("sqnr_db"));
    EXPECT_GT(sqnr.back(), 50);
    EXPECT_LT(sqnr.back(), 120);
  }
  EXPECT_NEAR(sqnr[0], sqnr[1], 6);
}

TEST(HalfCompare, AHalfModelMayBeTheReference) {
  const Model half = Half(TwoProducts(), false);
  Comparer comparer(half, half);
  comparer.Add(kSample);
  EXPECT_EQ(comparer.Result().outputs[0].metrics.at("mse"), 0);
}

TEST(HalfCompare, LayersAreReportedToo) {
  const Model model = TwoProducts();
  for (const bool keep_io_types : {false, true}) {
    LayerReporter reporter(model, Half(model, keep_io_types));
    reporter.Add(kSample);
    const LayerReport report = reporter.Result();
    const auto found = std::find_if(report.layers.begin(), report.layers.end(),
                                    [](const LayerFigures& layer) { return layer.name == "h"; });
    ASSERT_NE(found, report.layers.end());
    EXPECT_GT(found->accumulated.sqnr_db, 50);
    EXPECT_LT(found->accumulated.sqnr_db, 120);
  }
}

// What is no float is left to the run's own check.
TEST(HalfCompare, OtherTypesAreRefused) {
  const Model model = TwoProducts();
  Comparer comparer(model, Half(model, false));
  ExpectError(ErrorCode::kInvalidArgument, "has type 'int64', expected 'float32'",
              [&] { comparer.Add({{"x", I64({1, 8}, {1, 2, 3, 4, 5, 6, 7, 8})}}); });
}

}  // namespace
}  // namespace quantab
