// TensorQuantOverrides and options that cannot be: what is said, and before work starts. That the
// overrides' results are ONNX Runtime's is in golden_test.cc and qdq_types_test.cc.
#include "core/quant/overrides.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

Model TwoMatMuls() {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 4}).Weight("v", {4, 2}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"h"}, "a");
  b.Node("MatMul", {"h", "v"}, {"y"}, "b");
  return b.model();
}

// The message of the constructor, or nothing.
std::string Refusal(const StaticOptions& options) {
  try {
    const Quantization quantization(TwoMatMuls(), options);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
}

std::string Refusal(const std::string& tensor, std::vector<TensorQuantOverride> entries) {
  StaticOptions options;
  options.tensor_quant_overrides[tensor] = std::move(entries);
  return Refusal(options);
}

TensorQuantOverride Entry() { return {}; }

void ExpectIn(const std::string& message, const std::string& words) {
  EXPECT_NE(message.find(words), std::string::npos) << "'" << message << "' lacks " << words;
}

TEST(Overrides, UnknownTensorsAreNamedWithOnesLikeThem) {
  const std::string message = Refusal("hh", {Entry()});
  ExpectIn(message, "'hh'");
  ExpectIn(message, "Did you mean 'h'");
}

TEST(Overrides, ScaleAndZeroPointGoTogetherAndAlone) {
  TensorQuantOverride entry;
  entry.scale = 0.5;
  ExpectIn(Refusal("w", {entry}), "go together");
  entry.zero_point = 0;
  EXPECT_EQ(Refusal("w", {entry}), "");
  entry.rmin = -1;
  ExpectIn(Refusal("w", {entry}), "leave nothing");
  entry.rmin.reset();
  entry.scale = 0;
  ExpectIn(Refusal("w", {entry}), "positive");
  entry.scale = 0.5;
  entry.zero_point = 128;
  ExpectIn(Refusal("w", {entry}), "-128 to 127");
  entry.quant_type = QuantType::kQUInt8;
  EXPECT_EQ(Refusal("w", {entry}), "");
}

TEST(Overrides, Ranges) {
  TensorQuantOverride entry;
  entry.rmin = 2;
  entry.rmax = 1;
  ExpectIn(Refusal("h", {entry}), "greater");
  entry.rmax = 1e300;
  ExpectIn(Refusal("h", {entry}), "finite");
}

TEST(Overrides, ReducedRangesAreForConstants) {
  TensorQuantOverride entry;
  entry.reduce_range = true;
  EXPECT_EQ(Refusal("w", {entry}), "");
  ExpectIn(Refusal("h", {entry}), "activation");
}

TEST(Overrides, Channels) {
  TensorQuantOverride entry;
  entry.axis = 1;
  ExpectIn(Refusal("h", {entry}), "only constants");
  EXPECT_EQ(Refusal("w", {entry}), "");
  EXPECT_EQ(Refusal("w", {entry, Entry(), Entry(), Entry()}), "");
  ExpectIn(Refusal("w", {entry, Entry()}), "4 channels");
  ExpectIn(Refusal("w", {Entry(), Entry(), Entry(), Entry()}), "'axis'");
  entry.axis = -3;
  ExpectIn(Refusal("w", {entry}), "dimensions");
  entry.axis = -1;
  TensorQuantOverride other;
  other.quant_type = QuantType::kQInt4;
  ExpectIn(Refusal("w", {entry, other, Entry(), Entry()}), "'quant_type'");
  TensorQuantOverride scaled;
  scaled.scale = 1;
  scaled.zero_point = 0;
  ExpectIn(Refusal("w", {entry, scaled, scaled, scaled}), "every channel");
  entry.rmin = 0;
  ExpectIn(Refusal("w", {entry}), "'rmin' and 'rmax'");
}

TEST(Overrides, Conversions) {
  TensorQuantOverride entry;
  entry.convert.emplace();
  ExpectIn(Refusal("h", {entry}), "needs a 'quant_type'");
  entry.convert->quant_type = QuantType::kQInt8;
  ExpectIn(Refusal("h", {entry}), "already");
  entry.convert->quant_type = QuantType::kQUInt16;
  EXPECT_EQ(Refusal("h", {entry}), "");
  ExpectIn(Refusal("w", {entry}), "constant");
  entry.convert->recv_nodes = {"b"};
  EXPECT_EQ(Refusal("h", {entry}), "");
  entry.convert->recv_nodes = {"a"};
  ExpectIn(Refusal("h", {entry}), "'a'");
}

// ONNX Runtime checks the first tensor only.
TEST(Overrides, EveryTensorIsChecked) {
  StaticOptions options;
  options.tensor_quant_overrides["h"] = {Entry()};
  options.tensor_quant_overrides["w"].resize(1);
  options.tensor_quant_overrides["w"][0].scale = 1;
  ExpectIn(Refusal(options), "'w'");
}

TEST(Overrides, Float8OnlyInFloat8) {
  TensorQuantOverride entry;
  entry.quant_type = QuantType::kQFloat8E4M3FN;
  ExpectIn(Refusal("w", {entry}), "QFLOAT8E4M3FN");
}

TEST(Options, TypesThatCannotBe) {
  const auto with = [](QuantType activation, QuantType weight, const std::string& format = "QDQ",
                       const std::string& method = "MinMax") {
    StaticOptions options;
    options.activation_type = activation;
    options.weight_type = weight;
    options.quant_format = format;
    options.calibrate_method = method;
    return Refusal(options);
  };
  using enum QuantType;
  ExpectIn(with(kQInt8, kQUInt8), "Choose QInt8 weights");
  ExpectIn(with(kQInt4, kQInt8), "4 bits are for weights");
  ExpectIn(with(kQFloat8E4M3FN, kQInt8, "QDQ", "Distribution"), "goes with itself");
  ExpectIn(with(kQUInt8, kQFloat8E4M3FN, "QDQ", "Distribution"), "goes with itself");
  ExpectIn(with(kQFloat8E4M3FN, kQFloat8E4M3FN), "Distribution");
  EXPECT_EQ(with(kQFloat8E4M3FN, kQFloat8E4M3FN, "QDQ", "Distribution"), "");
  ExpectIn(with(kQUInt16, kQInt8, "QOperator"), "'quant_format' QDQ");
  ExpectIn(with(kQUInt8, kQInt4, "QOperator"), "'quant_format' QDQ");
  ExpectIn(with(kQUInt8, kQInt16, "dynamic"), "Dynamic");
  ExpectIn(with(kQUInt8, kQInt4, "dynamic"), "Dynamic");
  EXPECT_EQ(with(kQUInt16, kQUInt4), "");
}

TEST(Options, Blocks) {
  StaticOptions options;
  options.block_size = -1;
  ExpectIn(Refusal(options), "'block_size'");
  options.block_size = 2;
  EXPECT_EQ(Refusal(options), "");
  options.quant_format = "QOperator";
  ExpectIn(Refusal(options), "QDQ");
}

}  // namespace
}  // namespace quantab
