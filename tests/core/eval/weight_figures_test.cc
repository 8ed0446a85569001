#include "core/eval/weight_figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

// y = x @ w, or as a Gemm with the transpose of w.
Model Product(const Shape& shape, bool gemm = false) {
  QuantGraphBuilder b;
  const int64_t in = gemm ? shape[1] : shape[0];
  b.Input("x", {1, in}).Output("y", {1, gemm ? shape[0] : shape[1]});
  b.Weight("w", shape);
  onnx::NodeProto& node = b.Node(gemm ? "Gemm" : "MatMul", {"x", "w"}, {"y"}, "product");
  if (gemm) SetIntOf(node, "transB", 1);
  return b.model();
}

struct Expected {
  double sqnr_db = 0, max_abs_error = 0, saturated = 0;
};

// By the definition; element i of `codes`, stored as in w, has scale number group(i).
template <class Group>
Expected Measured(const Model& model, const std::vector<int8_t>& codes,
                  const std::vector<float>& scales, Group group) {
  const std::vector<float> w = ElementsOf<float>(model, "w");
  double signal = 0, noise = 0;
  Expected expected;
  for (size_t i = 0; i < w.size(); ++i) {
    const double error = double{w[i]} - double{static_cast<float>(codes[i]) * scales[group(i)]};
    signal += double{w[i]} * w[i];
    noise += error * error;
    expected.max_abs_error = std::max(expected.max_abs_error, std::abs(error));
    expected.saturated += std::abs(codes[i]) >= 127 ? 1 : 0;
  }
  expected.sqnr_db = 10 * std::log10(signal / noise);
  expected.saturated /= static_cast<double>(w.size());
  return expected;
}

void ExpectFigures(const WeightFigures& figures, const Expected& expected) {
  EXPECT_NEAR(figures.sqnr_db, expected.sqnr_db, 1e-4);
  EXPECT_NEAR(figures.max_abs_error, expected.max_abs_error, 1e-7);
  EXPECT_DOUBLE_EQ(figures.saturated, expected.saturated);
}

// In every form, and in sizes of one piece and of several.
TEST(CompareWeights, PerTensor) {
  for (const Shape& shape : {Shape{5, 7}, Shape{200, 131}}) {
    const Model model = Product(shape);
    StaticOptions qoperator;
    qoperator.quant_format = "QOperator";
    for (const Model& quantized : {Static(model), Static(model, qoperator), Dynamic(model)}) {
      const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
      ASSERT_EQ(all.size(), 1U);
      EXPECT_EQ(all[0].name, "w");
      EXPECT_EQ(all[0].nodes, std::vector<std::string>{"product"});
      EXPECT_EQ(all[0].type, "int8");
      EXPECT_EQ(all[0].scheme, "tensor");
      EXPECT_EQ(all[0].bytes_before, static_cast<uint64_t>(ElementCount(shape)) * 4);
      EXPECT_EQ(all[0].bytes_after, static_cast<uint64_t>(ElementCount(shape)) + 5);
      ExpectFigures(all[0],
                    Measured(model, ElementsOf<int8_t>(quantized, "w_quantized"),
                             ElementsOf<float>(quantized, "w_scale"), [](size_t) { return 0; }));
      EXPECT_GT(all[0].saturated, 0);
    }
  }
}

TEST(CompareWeights, PerChannel) {
  const Model model = Product({30, 7});
  StaticOptions options;
  options.per_channel = true;
  options.qdq_op_type_per_channel_support_to_axis = {{"MatMul", 1}};
  const Model quantized = Static(model, options);
  const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].scheme, "axis");
  EXPECT_EQ(all[0].axis, 1);
  ExpectFigures(all[0],
                Measured(model, ElementsOf<int8_t>(quantized, "w_quantized"),
                         ElementsOf<float>(quantized, "w_scale"), [](size_t i) { return i % 7; }));
}

TEST(CompareWeights, Blocks) {
  const Model model = Product({10, 3});
  StaticOptions options;
  options.block_size = 4;
  const Model quantized = Static(model, options);
  const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].scheme, "block");
  EXPECT_EQ(all[0].block_size, 4);
  ExpectFigures(all[0], Measured(model, ElementsOf<int8_t>(quantized, "w_quantized"),
                                 ElementsOf<float>(quantized, "w_scale"),
                                 [](size_t i) { return i / 3 / 4 * 3 + i % 3; }));
}

// Four bits: two elements to a byte, an odd number of them.
TEST(CompareWeights, FourBits) {
  const Model model = Product({3, 5});
  StaticOptions options;
  options.weight_type = QuantType::kQInt4;
  const Model quantized = Static(model, options);
  const std::vector<uint8_t> packed = ElementsOf<uint8_t>(quantized, "w_quantized");
  ASSERT_EQ(packed.size(), 8U);
  std::vector<int8_t> codes;
  for (size_t i = 0; i < 15; ++i) {
    const int code = packed[i / 2] >> (i % 2 * 4) & 15;
    codes.push_back(static_cast<int8_t>(code < 8 ? code : code - 16));
  }
  Expected expected =
      Measured(model, codes, ElementsOf<float>(quantized, "w_scale"), [](size_t) { return 0; });
  expected.saturated = 0;
  for (const int8_t code : codes) expected.saturated += code == 7 || code <= -7 ? 1.0 / 15 : 0;
  const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].type, "int4");
  EXPECT_NEAR(all[0].saturated, expected.saturated, 1e-12);
  EXPECT_NEAR(all[0].sqnr_db, expected.sqnr_db, 1e-4);
}

// quantize_dynamic makes a MatMul of a Gemm and turns its weight over, square ones too.
TEST(CompareWeights, TurnedOver) {
  for (const Shape& shape : {Shape{6, 4}, Shape{5, 5}}) {
    const Model model = Product(shape, true);
    const Model quantized = Dynamic(model);
    const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_GT(all[0].sqnr_db, 30);
  }
}

TEST(CompareWeights, WhatDoesNotBelongTogetherIsPassedOver) {
  const Model model = Product({5, 7});
  EXPECT_TRUE(CompareWeights(Product({5, 6}), Static(model), nullptr).empty());
  EXPECT_TRUE(CompareWeights(model, model, nullptr).empty());
  Model without_scale = Static(model);
  for (auto& tensor : *without_scale.proto.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == "w_scale") tensor.set_name("other");
  }
  EXPECT_TRUE(CompareWeights(model, without_scale, nullptr).empty());
}

TEST(CompareWeights, WorstFirst) {
  QuantGraphBuilder b;
  b.Input("x", {1, 4}).Output("y", {1, 4}).Weight("a", {4, 4}).Weight("c", {4, 4});
  std::vector<float> with_outlier(16, 0.3F);
  with_outlier[5] = 1000;
  b.Weight("b", {4, 4}, with_outlier);
  b.Node("MatMul", {"x", "a"}, {"h"}).set_name("one");
  b.Node("MatMul", {"h", "b"}, {"i"}).set_name("two");
  b.Node("MatMul", {"i", "c"}, {"y"}).set_name("three");
  const std::vector<WeightFigures> all = CompareWeights(b.model(), Dynamic(b.model()), nullptr);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_LE(all[0].sqnr_db, all[1].sqnr_db);
  EXPECT_LE(all[1].sqnr_db, all[2].sqnr_db);
}

}  // namespace
}  // namespace quantab
