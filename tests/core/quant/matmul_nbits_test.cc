// MatMulNBits, GatherBlockQuantized and MatMulBnb4 where ONNX Runtime's quantizers go wrong, and
// what is refused; their results are compared in tests/parity.
#include "core/quant/matmul_nbits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/exec/session.h"
#include "core/onnx/official.h"
#include "core/quant/block_codes.h"
#include "core/quant/matmul_bnb4.h"
#include "core/tensor/whole_blob.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

QuantGraphBuilder Product(const Shape& weight, int64_t opset = 17) {
  QuantGraphBuilder b(opset);
  b.Input("x", {2, weight[0]}).Weight("w", weight).Output("y", {2, weight[1]});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  return b;
}

std::vector<float> Outputs(const Model& model, const Shape& shape) {
  std::vector<float> x(static_cast<size_t>(ElementCount(shape)));
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  TensorMap feeds;
  feeds["x"] = F32(shape, x);
  Session session(model);
  const Tensor y = session.Run(feeds).at("y");
  return {y.data<float>(), y.data<float>() + y.count()};
}

float LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0;
  EXPECT_EQ(a.size(), b.size());
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::fabs(a[i] - b[i]));
  }
  return largest;
}

// How far an element of a block [min, max] of a column may be from the weight that stands for it.
//
// Asymmetric: the range, widened to have zero in it, has 2^bits - 1 steps of s. The zero point is
// -min / s rounded, so that codes 0 and 2^bits - 1 stand for the range's ends but for half a step
// at most; an element between them is rounded to the nearest code, and one beyond an end is at most
// half a step beyond. Half a step in each case.
//
// Symmetric: s is the magnitude of the farthest element over 2^(bits - 1), and codes reach as far
// on its side, where the rest is within half a step of one; on the other side they end a step
// before, at 2^(bits - 1) - 1, so that an element there may be a whole step beyond.
float LargestErrorOf(float element, float min, float max, int bits, bool symmetric) {
  if (!symmetric) {
    const float range = std::max(max, 0.0F) - std::min(min, 0.0F);
    return range / static_cast<float>((1 << bits) - 1) / 2;
  }
  const float farthest = -min > max ? min : max;
  const float step = std::fabs(farthest) / static_cast<float>(1 << (bits - 1));
  const float end = step * static_cast<float>((1 << (bits - 1)) - 1);
  const bool opposite = (element < 0) != (farthest < 0);
  return std::max(step / 2, opposite ? std::fabs(element) - end : 0.0F);
}

TEST(MatMulNBits, EachWeightIsAsNearAsItsFormAllows) {
  constexpr size_t kRows = 67, kColumns = 9, kBlock = 16;
  QuantGraphBuilder b;
  b.Input("x", {kRows, kRows}).Weight("w", {kRows, kColumns}).Output("y", {kRows, kColumns});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  const std::vector<float> w = ElementsOf<float>(b.model(), "w");
  std::vector<float> unit(kRows * kRows);
  for (size_t i = 0; i < kRows; ++i) unit[i * kRows + i] = 1;
  for (const int bits : {2, 4, 8}) {
    for (const bool symmetric : {false, true}) {
      SCOPED_TRACE(std::to_string(bits) + (symmetric ? " symmetric" : ""));
      const Model quantized = QuantizeMatMulNBits(
          b.model(), {.bits = bits, .block_size = kBlock, .is_symmetric = symmetric});
      EXPECT_EQ(CheckModel(quantized), std::nullopt);
      EXPECT_EQ(CountOf(quantized, "MatMulNBits"), 1);
      // The products with the unit matrix are what the weights have become.
      const Tensor y = Session(quantized).Run({{"x", F32({kRows, kRows}, unit)}}).at("y");
      const std::span<const float> made = y.span<float>();
      float nearest_to_bound = 0;
      for (size_t column = 0; column < kColumns; ++column) {
        for (size_t first = 0; first < kRows; first += kBlock) {
          float min = std::numeric_limits<float>::infinity(), max = -min;
          const size_t end = std::min(first + kBlock, kRows);
          for (size_t row = first; row < end; ++row) {
            min = std::min(min, w[row * kColumns + column]);
            max = std::max(max, w[row * kColumns + column]);
          }
          for (size_t row = first; row < end; ++row) {
            const size_t i = row * kColumns + column;
            const float bound = LargestErrorOf(w[i], min, max, bits, symmetric);
            // Rounding of the scale, and of the product with it.
            EXPECT_LE(std::fabs(made[i] - w[i]), bound + 1e-6F) << row << " " << column;
            nearest_to_bound = std::max(nearest_to_bound, std::fabs(made[i] - w[i]) / bound);
          }
        }
      }
      EXPECT_GT(nearest_to_bound, 0.9F);
    }
  }
}

// Steps are a fifth as wide with 4 bits as with 2, and a seventeenth with 8 bits as with 4.
TEST(MatMulNBits, ProductsComeNearerWithMoreBits) {
  const Model model = Product({67, 9}).model();
  std::vector<float> largest;
  for (const int bits : {2, 4, 8}) {
    const Model quantized = QuantizeMatMulNBits(model, {.bits = bits, .block_size = 16});
    largest.push_back(LargestDifference(Outputs(quantized, {2, 67}), Outputs(model, {2, 67})));
  }
  EXPECT_LT(largest[1], largest[0] / 2);
  EXPECT_LT(largest[2], largest[1] / 4);
}

TEST(MatMulNBits, QdqAndQOperatorStandForTheSameWeights) {
  const Model model = Product({64, 6}, 21).model();
  const MatMulNBitsOptions options{.block_size = 32, .is_symmetric = true};
  MatMulNBitsOptions qdq = options;
  qdq.quant_format = "QDQ";
  EXPECT_LT(LargestDifference(Outputs(QuantizeMatMulNBits(model, options), {2, 64}),
                              Outputs(QuantizeMatMulNBits(model, qdq), {2, 64})),
            1e-5f);
}

// Whoever reads in pieces, and again, gets what one read gives.
TEST(MatMulNBits, CodesCanBeReadInAnyPieces) {
  const Model model = Product({45, 5}).model();
  for (const char* format : {"QOperator", "QDQ"}) {
    const Model quantized = QuantizeMatMulNBits(model, {.block_size = 16, .quant_format = format});
    const std::string name = std::string(format) == "QDQ" ? "w_DQ_Q4" : "w_Q4";
    const BlobPtr codes = BytesOf(quantized, *InitializerOf(quantized, name));
    const std::vector<std::byte> whole = LoadBlob(*codes);
    for (const size_t piece : {size_t{1}, size_t{7}, whole.size()}) {
      std::vector<std::byte> read(whole.size());
      for (size_t at = 0; at < read.size(); at += piece) {
        codes->Read(at, std::span(read).subspan(at, std::min(piece, read.size() - at)));
      }
      EXPECT_EQ(read, whole) << format << " " << piece;
    }
  }
}

TEST(MatMulNBits, WhatIsNotFiniteStaysInFloat) {
  QuantGraphBuilder b;
  std::vector<float> values(32, 1.0f);
  values[5] = std::numeric_limits<float>::infinity();
  b.Input("x", {2, 16}).Weight("w", {16, 2}, values).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  Warnings warnings;
  EXPECT_EQ(CountOf(QuantizeMatMulNBits(b.model(), {}, &warnings), "MatMul"), 1);
  EXPECT_TRUE(warnings.Mention("Tensor 'w' has elements that are not finite"));
  EXPECT_TRUE(warnings.Mention("No weight was quantized"));
  EXPECT_EQ(CountOf(QuantizeMatMulBnb4(b.model()), "MatMul"), 1);
}

// Those of graphs inside nodes are not meant either.
TEST(MatMulNBits, OnlyTheNodesThatAreMeantAreQuantized) {
  QuantGraphBuilder b;
  b.Input("x", {16, 16}).Weight("w", {16, 16}).Output("y", {16, 16}).Output("z", {16, 16});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "w"}, {"y"});
  onnx::NodeProto& node = b.Node("If", {"condition"}, {"z"}, "if");
  for (const char* branch : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(branch);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    onnx::NodeProto& inner = *attribute.mutable_g()->add_node();
    inner.set_op_type("MatMul");
    inner.add_input("x");
    inner.add_input("w");
    inner.add_output("inner");
    attribute.mutable_g()->add_output()->set_name("inner");
  }
  const auto inside = [](const Model& model) {
    const onnx::NodeProto& last = model.proto.graph().node(model.proto.graph().node_size() - 1);
    return last.attribute(0).g().node(0).op_type();
  };
  const OnlyNodes only = OnlyNodes::value_type{"y"};
  const MatMulNBitsOptions options = {.block_size = 16};
  EXPECT_EQ(inside(QuantizeMatMulNBits(b.model(), options)), "MatMulNBits");
  const Model nbits = QuantizeMatMulNBits(b.model(), options, nullptr, only);
  EXPECT_EQ(MakerOf(nbits, "h")->op_type(), "MatMul");
  EXPECT_EQ(MakerOf(nbits, "y")->op_type(), "MatMulNBits");
  EXPECT_EQ(inside(nbits), "MatMul");
  const Model bnb4 = QuantizeMatMulBnb4(b.model(), {}, nullptr, only);
  EXPECT_EQ(MakerOf(bnb4, "h")->op_type(), "MatMul");
  EXPECT_EQ(MakerOf(bnb4, "y")->op_type(), "MatMulBnb4");
  EXPECT_EQ(inside(bnb4), "MatMul");

  Warnings warnings;
  const Model none = QuantizeMatMulNBits(b.model(), options, &warnings, OnlyNodes::value_type());
  EXPECT_EQ(CountOf(none, "MatMul"), 2);
  EXPECT_EQ(warnings.text, "");
}

TEST(MatMulNBits, NamesThatAreTakenGetANumber) {
  QuantGraphBuilder b = Product({32, 4});
  b.Weight("w_Q4", {2, 4}).Output("z", {2, 4});
  b.Node("Add", {"y", "w_Q4"}, {"z"}, "a");
  const Model quantized = QuantizeMatMulNBits(b.model());
  EXPECT_EQ(CheckModel(quantized), std::nullopt);
  EXPECT_EQ(MakerOf(quantized, "y")->input(1), "w_Q4_1");
}

TEST(MatMulNBits, AWeightThatSeveralReadIsQuantizedOnce) {
  QuantGraphBuilder b;
  b.Input("x", {2, 16}).Weight("w", {16, 16}).Output("y", {2, 16});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "w"}, {"y"}, "b");
  for (const char* format : {"QOperator", "QDQ"}) {
    const Model quantized =
        QuantizeMatMulNBits(b.model(), {.block_size = 16, .quant_format = format});
    EXPECT_EQ(CheckModel(quantized), std::nullopt);
    EXPECT_EQ(quantized.proto.graph().initializer_size(), 3);
    EXPECT_LE(CountOf(quantized, "DequantizeLinear"), 1);
    EXPECT_LT(LargestDifference(Outputs(quantized, {2, 16}), Outputs(b.model(), {2, 16})), 2.0f);
  }
}

// The product of a vector and of a matrix with a weight of 4 dimensions has 3 and 4 of them.
TEST(MatMulNBits, AWeightOfHigherRankGivesItsProductAsManyDimensions) {
  for (const Shape& x : {Shape{20}, Shape{3, 20}}) {
    QuantGraphBuilder b;
    Shape y = {1, 1, 3, 4};
    if (x.size() == 1) y = {1, 1, 4};
    b.Input("x", x).Weight("w", {1, 1, 20, 4}).Output("y", y);
    b.Node("MatMul", {"x", "w"}, {"y"}, "m");
    const Model quantized = QuantizeMatMulNBits(b.model(), {.bits = 8});
    EXPECT_EQ(CheckModel(quantized), std::nullopt);
    TensorMap feeds;
    feeds["x"] = F32(x, std::vector<float>(static_cast<size_t>(ElementCount(x)), 1.0f));
    EXPECT_EQ(Session(quantized).Run(feeds).at("y").shape(), y);
  }
  QuantGraphBuilder old(11);
  old.Input("x", {3, 20}).Weight("w", {1, 1, 20, 4}).Output("y", {1, 1, 3, 4});
  old.Node("MatMul", {"x", "w"}, {"y"}, "m");
  Warnings warnings;
  EXPECT_EQ(CountOf(QuantizeMatMulNBits(old.model(), {}, &warnings), "MatMul"), 1);
  EXPECT_TRUE(warnings.Mention("needs operator set 12"));
}

TEST(MatMulNBits, ATableIncludedByItsNameIsQuantized) {
  QuantGraphBuilder b;
  b.Ints("i", {1, 0}).Input("x", {2, 32}).Weight("t", {3, 32}).Output("y", {2, 32});
  b.Node("Gather", {"t", "i"}, {"e"}, "g");
  b.Node("Add", {"e", "x"}, {"y"}, "a");
  const Model quantized =
      QuantizeMatMulNBits(b.model(), {.block_size = 16, .nodes_to_include = {"g"}});
  EXPECT_EQ(CountOf(quantized, "GatherBlockQuantized"), 1);
  EXPECT_EQ(quantized.proto.ir_version(), 10);
  EXPECT_LT(LargestDifference(Outputs(quantized, {2, 32}), Outputs(b.model(), {2, 32})), 0.2f);
}

TEST(MatMulNBits, RefusesWhatIsWrong) {
  const Model model = Product({32, 4}).model();
  const auto refuses = [&](const MatMulNBitsOptions& options, const char* message) {
    ExpectError(ErrorCode::kInvalidArgument, message, [&] { QuantizeMatMulNBits(model, options); });
  };
  refuses({.bits = 3}, "'bits' is 3. Choose 2, 4 or 8.");
  refuses({.block_size = 24}, "'block_size' is 24. Choose 16, 32, 64, 128 or 256.");
  refuses({.accuracy_level = 5}, "'accuracy_level' is 5");
  refuses({.quant_format = "QLinear"}, "'quant_format' is 'QLinear'");
  refuses({.bits = 8, .quant_format = "QDQ"}, "'quant_format' QDQ is for 'bits' 4");
  refuses({.op_types_to_quantize = {"Conv"}}, "names 'Conv', whose weights");
  refuses({.quant_format = "QDQ", .op_types_to_quantize = {"Gather"}}, "which needs");
  refuses({.quant_axes = {{"MatMul", 1}}}, "'quant_axes' has 1 for 'MatMul'");
  refuses({.nodes_to_exclude = {"n"}}, "'nodes_to_exclude' names 'n'");
  refuses({.nodes_to_include = {"n"}}, "'nodes_to_include' names 'n'");
  ExpectError(ErrorCode::kInvalidArgument, "'quant_type' is 'FP8'. Choose 'NF4' or 'FP4'.",
              [&] { QuantizeMatMulBnb4(model, {.quant_type = "FP8"}); });
}

// Files may hold nodes that make nothing.
TEST(MatMulNBits, ANodeWithoutResultsStays) {
  Model model = Product({32, 4}).model();
  onnx::NodeProto* nothing = model.proto.mutable_graph()->add_node();
  nothing->set_op_type("MatMul");
  nothing->add_input("x");
  nothing->add_input("w");
  for (const bool named : {false, true}) {
    if (named) nothing->add_output("");
    EXPECT_EQ(CountOf(QuantizeMatMulNBits(model, {.block_size = 16}), "MatMulNBits"), 1);
    EXPECT_EQ(CountOf(QuantizeMatMulBnb4(model, {}), "MatMulBnb4"), 1);
  }
}

TEST(MatMulNBits, OfTwoInitializersOfOneNameTheLastCounts) {
  QuantGraphBuilder b(17);
  b.Input("x", {1, 32}).Weight("w", {32, 4}).Output("y", {1, 4});
  b.Node("MatMul", {"x", "w"}, {"p"}, "m");
  b.Node("Add", {"p", "c"}, {"y"}, "add");
  Model model = b.model();
  for (const float value : {100.0f, 2.0f}) {
    onnx::TensorProto* c = model.proto.mutable_graph()->add_initializer();
    c->set_name("c");
    c->set_data_type(onnx::TensorProto::FLOAT);
    c->add_float_data(value);
  }
  const std::vector<float> expected = Outputs(model, {1, 32});
  const Model quantized = QuantizeMatMulNBits(model, {.bits = 8, .block_size = 16});
  EXPECT_EQ(CountOf(quantized, "MatMulNBits"), 1);
  EXPECT_LT(LargestDifference(Outputs(quantized, {1, 32}), expected), 1);
}

TEST(MatMulNBits, WhatIsNoTableStaysInFloat) {
  QuantGraphBuilder b(17);
  b.Input("x", {2, 32}).Weight("w", {32, 4}).Weight("t", {8}).Output("y", {2, 4}).Output("z", {1});
  b.Ints("i", {3});
  b.Node("MatMul", {"x", "w"}, {"y"}, "m");
  b.Node("Gather", {"t", "i"}, {"z"}, "g");
  MatMulNBitsOptions options = {.block_size = 16};
  options.op_types_to_quantize = {"MatMul", "Gather"};
  const Model quantized = QuantizeMatMulNBits(b.model(), options);
  EXPECT_EQ(CountOf(quantized, "MatMulNBits"), 1);
  EXPECT_EQ(CountOf(quantized, "Gather"), 1);
  options.quant_axes = {{"Gather", 1}};
  ExpectError(ErrorCode::kInvalidArgument, "'quant_axes' has 1 for 'Gather', but 't' has 1",
              [&] { QuantizeMatMulNBits(b.model(), options); });
}

TEST(WholeBlob, RefusesWhatDoesNotFitTheAddressSpace) {
  constexpr uint64_t kMost = std::numeric_limits<size_t>::max();
  const auto none = [] { return std::vector<std::byte>(); };
  ExpectError(ErrorCode::kOutOfMemory, "does not fit the address space",
              [&] { MakeWholeBlob(kMost, none); });
  ExpectError(ErrorCode::kOutOfMemory, "does not fit the address space",
              [&] { CheckFitsMemory(kMost / 8 + 1); });
  CheckFitsMemory(kMost / 8);
}

TEST(MatMulBnb4, ResultsRunAndAreNearTheFloatModel) {
  // With columns that share a byte.
  const Model model = Product({67, 9}).model();
  for (const char* type : {"NF4", "FP4"}) {
    const Model quantized = QuantizeMatMulBnb4(model, {.quant_type = type, .block_size = 16});
    EXPECT_EQ(CheckModel(quantized), std::nullopt);
    EXPECT_LT(LargestDifference(Outputs(quantized, {2, 67}), Outputs(model, {2, 67})), 2.0f);
  }
}

}  // namespace
}  // namespace quantab
