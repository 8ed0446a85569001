// The figures of weights that are quantized alone, beside what the operators make of the codes.
#include "core/eval/column_weight.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/eval/as_written.h"
#include "core/eval/layer_histogram.h"
#include "core/eval/weight_figures.h"
#include "core/graph/graph_edit.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

// y = x @ w, for as many x as w has rows; w is a matrix, perhaps below dimensions of 1.
Model Product(const Shape& weight, bool half = false) {
  QuantGraphBuilder b(21);
  const int64_t rows = weight[weight.size() - 2];
  Shape y = weight;
  y[y.size() - 2] = rows;
  b.Input("x", {rows, rows}).Weight("w", weight).Output("y", y);
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  Model model = b.model();
  if (half) {
    onnx::TensorProto& w = *model.proto.mutable_graph()->mutable_initializer(0);
    const Tensor floats = LoadTensor(model, w);
    Tensor halves(DType::kFloat16, floats.shape());
    FloatToHalf(floats, halves);
    const auto* bytes = halves.raw();
    w.set_data_type(static_cast<int32_t>(DType::kFloat16));
    SetBytes(model, w, MakeMemoryBlob({bytes, bytes + 2 * halves.count()}));
    for (auto* value : {model.proto.mutable_graph()->mutable_input(0),
                        model.proto.mutable_graph()->mutable_output(0)}) {
      value->mutable_type()->mutable_tensor_type()->set_elem_type(
          static_cast<int32_t>(DType::kFloat16));
    }
  }
  return model;
}

// What the product reads: what it makes of the unit matrix.
std::vector<float> WeightOf(const Model& model, int64_t rows) {
  std::vector<float> unit(static_cast<size_t>(rows * rows));
  for (size_t i = 0; i < static_cast<size_t>(rows); ++i) {
    unit[i * static_cast<size_t>(rows + 1)] = 1;
  }
  Session session(model, AsWritten(nullptr));
  Tensor x = F32({rows, rows}, unit);
  if (session.inputs().at(0).dtype == DType::kFloat16) {
    Tensor half(DType::kFloat16, x.shape());
    FloatToHalf(x, half);
    x = half;
  }
  const Tensor y = AsFloat32(session.Run({{"x", x}}).at("y"));
  return {y.data<float>(), y.data<float>() + y.count()};
}

// By the definitions, from both models' products.
void ExpectFigures(const WeightFigures& figures, const Model& model, const Model& quantized,
                   int64_t rows, double tolerance = 1e-5) {
  const std::vector<float> a = WeightOf(model, rows), b = WeightOf(quantized, rows);
  ASSERT_EQ(a.size(), b.size());
  double signal = 0, noise = 0, most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = double{a[i]} - b[i];
    signal += double{a[i]} * a[i];
    noise += error * error;
    most = std::max(most, std::abs(error));
  }
  EXPECT_NEAR(figures.sqnr_db, 10 * std::log10(signal / noise), 1000 * tolerance);
  EXPECT_NEAR(figures.max_abs_error, most, tolerance);
}

WeightFigures OnlyWeight(const Model& model, const Model& quantized) {
  const std::vector<WeightFigures> all = CompareWeights(model, quantized, nullptr);
  EXPECT_EQ(all.size(), 1U);
  if (all.empty()) return {};
  EXPECT_EQ(all[0].name, "w");
  EXPECT_EQ(all[0].nodes, std::vector<std::string>{"product"});
  EXPECT_EQ(all[0].scheme, "block");
  return all[0];
}

// Rows that fill their blocks, or not, and matrices of one piece and of several.
const Shape kShapes[] = {{32, 5}, {45, 7}, {300, 131}, {1, 40, 6}};

TEST(ColumnWeights, OfMatMulNBits) {
  for (const Shape& shape : kShapes) {
    const Model model = Product(shape);
    const int64_t rows = shape[shape.size() - 2], cols = shape.back();
    for (const int64_t bits : {2, 4, 8}) {
      for (const bool symmetric : {false, true}) {
        SCOPED_TRACE(ToString(shape) + " " + std::to_string(bits));
        const Model quantized =
            QuantizeMatMulNBits(model, {.bits = bits, .block_size = 16, .is_symmetric = symmetric});
        const WeightFigures figures = OnlyWeight(model, quantized);
        ExpectFigures(figures, model, quantized, rows);
        EXPECT_EQ(figures.type, "uint" + std::to_string(bits));
        EXPECT_EQ(figures.axis, static_cast<int64_t>(shape.size()) - 2);
        EXPECT_EQ(figures.block_size, 16);
        const int64_t blocks = (rows + 15) / 16;
        const int64_t zeros = symmetric ? 0 : (blocks * bits + 7) / 8;
        EXPECT_EQ(figures.bytes_before, static_cast<uint64_t>(rows * cols * 4));
        EXPECT_EQ(figures.bytes_after,
                  static_cast<uint64_t>(cols * (blocks * (2 * bits + 4) + zeros)));
      }
    }
  }
}

TEST(ColumnWeights, OfDequantizeLinear) {
  for (const Shape& shape : kShapes) {
    const Model model = Product(shape);
    for (const bool symmetric : {false, true}) {
      SCOPED_TRACE(ToString(shape));
      const Model quantized = QuantizeMatMulNBits(
          model, {.block_size = 16, .is_symmetric = symmetric, .quant_format = "QDQ"});
      const WeightFigures figures = OnlyWeight(model, quantized);
      ExpectFigures(figures, model, quantized, shape[shape.size() - 2]);
      EXPECT_EQ(figures.type, symmetric ? "int4" : "uint4");
      EXPECT_EQ(figures.block_size, 16);
    }
  }
}

// Blocks run on from column to column.
TEST(ColumnWeights, OfMatMulBnb4) {
  for (const Shape& shape : {kShapes[0], kShapes[1], kShapes[2]}) {
    const Model model = Product(shape);
    for (const char* type : {"NF4", "FP4"}) {
      for (const int64_t block : {16, 64}) {
        SCOPED_TRACE(ToString(shape) + " " + type + " " + std::to_string(block));
        const Model quantized =
            QuantizeMatMulBnb4(model, {.quant_type = type, .block_size = block});
        const WeightFigures figures = OnlyWeight(model, quantized);
        ExpectFigures(figures, model, quantized, shape[0]);
        EXPECT_EQ(figures.type, std::string(type) == "NF4" ? "nf4" : "fp4");
        EXPECT_EQ(figures.block_size, block);
        // The greatest of each block is at an end.
        EXPECT_GE(figures.saturated, 1.0 / static_cast<double>(block));
        EXPECT_LT(figures.saturated, 0.5);
      }
    }
  }
}

TEST(ColumnWeights, OfHalfPrecision) {
  const Model model = Product({45, 7}, true);
  for (const Model& quantized :
       {QuantizeMatMulNBits(model, {.block_size = 16}), QuantizeMatMulBnb4(model)}) {
    // The products are of half precision too.
    ExpectFigures(OnlyWeight(model, quantized), model, quantized, 45, 1e-3);
  }
}

TEST(ColumnWeights, OfATable) {
  QuantGraphBuilder b(21);
  std::vector<int64_t> all(20);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  b.Ints("i", all).Input("x", {20, 50}).Weight("w", {20, 50}).Output("y", {20, 50});
  b.Node("Gather", {"w", "i"}, {"e"}, "product");
  b.Node("Mul", {"e", "x"}, {"y"}, "a");
  const Tensor ones = F32({20, 50}, std::vector<float>(1000, 1.0F));
  const Tensor expected = Session(b.model()).Run({{"x", ones}}).at("y").Clone();
  for (const int64_t axis : {0, 1}) {
    for (const bool symmetric : {false, true}) {
      MatMulNBitsOptions options{.block_size = 16, .is_symmetric = symmetric};
      options.op_types_to_quantize = {"Gather"};
      options.quant_axes = {{"Gather", axis}};
      const Model quantized = QuantizeMatMulNBits(b.model(), options);
      const WeightFigures figures = OnlyWeight(b.model(), quantized);
      const Tensor y = Session(quantized).Run({{"x", ones}}).at("y");
      float most = 0;
      for (int64_t i = 0; i < y.count(); ++i) {
        most = std::max(most, std::abs(y.data<float>()[i] - expected.data<float>()[i]));
      }
      EXPECT_NEAR(figures.max_abs_error, most, 1e-6);
      EXPECT_EQ(figures.axis, axis);
    }
  }
}

// A name that was taken, another reader that stays in float, and a weight that does so.
TEST(ColumnWeights, AreFoundByTheirReaders) {
  QuantGraphBuilder b;
  b.Input("x", {1, 16}).Output("y", {1, 16}).Output("z", {1, 16});
  b.Weight("w", {16, 16}).Weight("v", {16, 16}).Weight("w_Q4", {1, 16});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("Add", {"h", "w_Q4"}, {"i"}, "b");
  b.Node("MatMul", {"i", "w"}, {"y"}, "c");
  b.Node("MatMul", {"i", "v"}, {"z"}, "d");
  const Model quantized =
      QuantizeMatMulNBits(b.model(), {.block_size = 16, .nodes_to_exclude = {"a", "d"}});
  const std::vector<WeightFigures> all = CompareWeights(b.model(), quantized, nullptr);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "w");
  EXPECT_EQ(all[0].nodes, (std::vector<std::string>{"a", "c"}));
}

TEST(ColumnWeights, WhatDoesNotFitIsPassedOver) {
  const Model model = Product({32, 5});
  for (const Model& whole : {QuantizeMatMulNBits(model, {.block_size = 16}),
                             QuantizeMatMulBnb4(model, {.block_size = 16})}) {
    const std::string type = whole.proto.graph().node(0).op_type();
    const auto passes_over = [&](const char* attribute, int64_t value) {
      Model wrong = whole;
      onnx::NodeProto& node = *wrong.proto.mutable_graph()->mutable_node(0);
      for (onnx::AttributeProto& each : *node.mutable_attribute()) {
        if (each.name() == attribute) each.set_i(value);
      }
      if (FindAttribute(node, attribute) == nullptr) return;
      EXPECT_TRUE(CompareWeights(model, wrong, nullptr).empty()) << type << " " << attribute;
    };
    passes_over("K", 31);
    passes_over("N", int64_t{1} << 40);
    passes_over("block_size", 0);
    passes_over("block_size", int64_t{1} << 62);
    passes_over("block_size", 8);
    passes_over("bits", 3);
    passes_over("quant_type", 2);
    for (int i = 1; i < whole.proto.graph().node(0).input_size(); ++i) {
      Model wrong = whole;
      wrong.proto.mutable_graph()->mutable_node(0)->set_input(i, "x");
      EXPECT_TRUE(CompareWeights(model, wrong, nullptr).empty()) << type << " " << i;
    }
    EXPECT_TRUE(CompareWeights(Product({32, 6}), whole, nullptr).empty());
  }
}

// Scales of symmetric blocks are below zero where the farthest element is above.
TEST(ColumnWeights, HistogramsCountWhatIsClipped) {
  QuantGraphBuilder b;
  std::vector<float> w(16, 0.1F);
  w[0] = 1;
  // On the other side 7/8 is the farthest, and 15/16 the farthest that is nearest to it.
  w[1] = -0.99F;
  w[2] = -0.95F;
  w[3] = -0.9F;
  b.Input("x", {1, 16}).Weight("w", {16, 1}, w).Output("y", {1, 1});
  b.Node("MatMul", {"x", "w"}, {"y"}, "product");
  const Model quantized = QuantizeMatMulNBits(b.model(), {.block_size = 16, .is_symmetric = true});
  HistogramComparer comparer(b.model(), quantized, {"w"}, 8, nullptr);
  EXPECT_EQ(comparer.passes(), 0);
  const LayerHistogram histogram = comparer.Result().at(0);
  EXPECT_TRUE(histogram.weight);
  EXPECT_EQ(histogram.clipped, 2);
  ASSERT_TRUE(histogram.limits);
  EXPECT_EQ(histogram.limits->min, -0.875);
  EXPECT_EQ(histogram.limits->max, 1);
  EXPECT_EQ(histogram.quantized.min, -0.875);
  EXPECT_EQ(histogram.quantized.max, 1);

  const Model model = Product({45, 7});
  HistogramComparer float4(model, QuantizeMatMulBnb4(model), {"w"}, 8, nullptr);
  const LayerHistogram of_float4 = float4.Result().at(0);
  EXPECT_EQ(of_float4.clipped, 0);
  EXPECT_EQ(of_float4.quantized.elements, 45 * 7);
  EXPECT_EQ(of_float4.quantized.max, of_float4.reference.max);
}

}  // namespace
}  // namespace quantab
