// Mixed precision. The first case is the example in the documentation of ONNX Runtime's
// MixedPrecisionTensorQuantOverridesFixer, with its result.
#include "core/quant/mixed_precision.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

using enum QuantType;

Model Example(bool named = true) {
  const auto name = [&](const char* n) { return named ? std::string(n) : std::string(); };
  QuantGraphBuilder b;
  b.Input("input_0", {2}).Input("input_1", {2});
  b.Output("output_0", {2}).Output("output_1", {2}).Output("output_2", {2});
  b.Node("Sigmoid", {"input_0"}, {"Op1_out"}, name("Op1"));
  b.Node("Sigmoid", {"input_1"}, {"Op2_out"}, name("Op2"));
  b.Node("Sigmoid", {"Op1_out"}, {"Op3_out"}, name("Op3"));
  b.Node("Sigmoid", {"Op2_out"}, {"Op4_out"}, name("Op4"));
  b.Node("Add", {"Op3_out", "Op4_out"}, {"Op5_out"}, name("Op5"));
  b.Node("Sigmoid", {"Op5_out"}, {"output_0"}, name("Op6"));
  b.Node("Sigmoid", {"Op2_out"}, {"output_1"}, name("Op7"));
  b.Node("Sigmoid", {"Op2_out"}, {"output_2"}, name("Op8"));
  return b.model();
}

TensorQuantOverrides Only(const std::string& tensor, QuantType type) {
  TensorQuantOverrides overrides;
  overrides[tensor].resize(1);
  overrides[tensor][0].quant_type = type;
  return overrides;
}

void ExpectConverted(const TensorQuantOverrides& overrides, const std::string& tensor,
                     QuantType from, QuantType to, const std::vector<std::string>& readers) {
  SCOPED_TRACE(tensor);
  ASSERT_TRUE(overrides.contains(tensor));
  const TensorQuantOverride& entry = overrides.at(tensor).at(0);
  EXPECT_EQ(entry.quant_type, from);
  ASSERT_TRUE(entry.convert);
  EXPECT_EQ(entry.convert->quant_type, to);
  EXPECT_EQ(entry.convert->recv_nodes, readers);
}

TEST(MixedPrecision, ConvertsAroundATensor) {
  const TensorQuantOverrides fixed =
      FixMixedPrecision(Example(), Only("Op4_out", kQUInt16), kQUInt8, false);
  EXPECT_EQ(fixed.size(), 4u);
  ExpectConverted(fixed, "Op2_out", kQUInt8, kQUInt16, {"Op4"});
  ExpectConverted(fixed, "Op3_out", kQUInt8, kQUInt16, {"Op5"});
  ExpectConverted(fixed, "Op5_out", kQUInt16, kQUInt8, {"Op6"});
  EXPECT_EQ(fixed.at("Op4_out").at(0).quant_type, kQUInt16);
  EXPECT_FALSE(fixed.at("Op4_out").at(0).convert);
}

TEST(MixedPrecision, TheResultQuantizes) {
  StaticOptions options;
  options.activation_type = kQUInt8;
  options.tensor_quant_overrides =
      FixMixedPrecision(Example(), Only("Op4_out", kQUInt16), kQUInt8, false);
  const Model model = Static(Example(), options);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "Op4_out_zero_point")), DType::kUint16);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "Op3_out_zero_point")), DType::kUint8);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "Op3_out_zero_point_convert")), DType::kUint16);
  EXPECT_EQ(MakerOf(model, "Op5_out")->input(0), "Op3_out_convert_DequantizeLinear_Output");
  EXPECT_EQ(MakerOf(model, "Op5_out")->input(1), "Op4_out_DequantizeLinear_Output");
}

TEST(MixedPrecision, NothingToDo) {
  EXPECT_TRUE(FixMixedPrecision(Example(), {}, kQUInt8, false).empty());
  const TensorQuantOverrides same =
      FixMixedPrecision(Example(), Only("Op4_out", kQUInt8), kQUInt8, false);
  EXPECT_EQ(same.size(), 1u);
}

TEST(MixedPrecision, ReadersNeedNames) {
  EXPECT_THROW(FixMixedPrecision(Example(false), Only("Op4_out", kQUInt16), kQUInt8, false), Error);
}

TEST(MixedPrecision, OneTensorCannotHaveTwoTypes) {
  TensorQuantOverrides overrides = Only("Op3_out", kQUInt16);
  overrides["Op4_out"].resize(1);
  overrides["Op4_out"][0].quant_type = kQInt16;
  EXPECT_THROW(FixMixedPrecision(Example(), overrides, kQUInt8, false), Error);
}

}  // namespace
}  // namespace quantab
