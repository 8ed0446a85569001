// Options of dynamic quantization, one by one. Expected numbers are worked out by hand from the
// formulas of onnxruntime.quantization, or taken from its results.
#include <gtest/gtest.h>

#include "core/graph/graph_edit.h"
#include "core/onnx/official.h"
#include "tests/core/quant/quant_testing.h"
#include "tests/core/quant/text_model.h"

namespace quantab {
namespace {

constexpr char kLookUp[] = R"(
  g (int64[2] ids) => (float[2, 2] y) <float[2, 2] w = {-1, 0.5, 2, 1}>
  { y = Gather(w, ids) })";

constexpr char kMatMul[] = R"(
  g (float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {-1, 0.5, 2, 1}>
  { y = MatMul(x, w) })";

float ScaleOf(const Model& model, const std::string& weight) {
  return ElementsOf<float>(model, weight + "_scale").at(0);
}

TEST(DynamicOptions, ActivationSymmetric) {
  const Model asymmetric = Dynamic(ModelFromText(kLookUp));
  EXPECT_EQ(ScaleOf(asymmetric, "w"), 3.0f / 255);
  EXPECT_EQ(ElementsOf<uint8_t>(asymmetric, "w_zero_point"), std::vector<uint8_t>{85});
  const Model symmetric = Dynamic(ModelFromText(kLookUp), {.activation_symmetric = true});
  EXPECT_EQ(ScaleOf(symmetric, "w"), 4.0f / 255);
  EXPECT_EQ(ElementsOf<uint8_t>(symmetric, "w_zero_point"), std::vector<uint8_t>{128});
  // Where weights and activations have one type, the weights' rule holds.
  const Model one_type = Dynamic(ModelFromText(kLookUp),
                                 {.weight_type = QuantType::kQUInt8, .activation_symmetric = true});
  EXPECT_EQ(ScaleOf(one_type, "w"), 3.0f / 255);
}

TEST(DynamicOptions, MinimumRealRange) {
  // rmax = max(2, -1 + 5) = 4; symmetric: 8 / 254.
  const Model weight = Dynamic(ModelFromText(kMatMul), {.minimum_real_range = 5});
  EXPECT_EQ(ScaleOf(weight, "w"), 8.0f / 254);
  const Model table = Dynamic(ModelFromText(kLookUp), {.minimum_real_range = 5});
  EXPECT_EQ(ScaleOf(table, "w"), 5.0f / 255);
  // Per column: [-1, 2] and [0, 1].
  const Model columns =
      Dynamic(ModelFromText(kMatMul), {.per_channel = true, .minimum_real_range = 4});
  EXPECT_EQ(ElementsOf<float>(columns, "w_scale"), (std::vector<float>{6.0f / 254, 8.0f / 254}));
}

TEST(DynamicOptions, ForceQuantizeNoInputCheck) {
  const char* text = R"(
    g (int64[2] ids) => (float[2, 2] y, float[2, 2] z)
    <float[2, 2] w = {-1, 0.5, 2, 1}, float[2, 2] v = {1, 2, 3, 4}>
    { e = Gather(v, ids) y = Transpose(w) z = Transpose(e) })";
  const Model plain = Dynamic(ModelFromText(text));
  EXPECT_EQ(MakerOf(plain, "y")->op_type(), "Transpose");
  EXPECT_EQ(MakerOf(plain, "z")->op_type(), "DequantizeLinear");
  // Forced, constants are, and nothing else.
  const Model forced = Dynamic(ModelFromText(text), {.force_quantize_no_input_check = true});
  EXPECT_EQ(CheckModel(forced), std::nullopt);
  EXPECT_EQ(MakerOf(forced, "y_quantized")->input(0), "w_quantized");
  EXPECT_EQ(MakerOf(forced, "z")->op_type(), "Transpose");
  EXPECT_EQ(MakerOf(forced, "e")->op_type(), "DequantizeLinear");
}

TEST(DynamicOptions, DefaultTensorType) {
  Model source = ModelFromText(R"(
    g (float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {-1, 0.5, 2, 1}>
    { a = custom.Unknown(x) b = MatMul(a, w) y = custom.Unknown(b) })");
  auto* import = source.proto.add_opset_import();
  import->set_domain("custom");
  import->set_version(1);
  EXPECT_EQ(CountOf(Dynamic(source), "MatMulInteger"), 1);
  EXPECT_EQ(CountOf(Dynamic(source, {.default_tensor_type = 1}), "MatMulInteger"), 1);
  // What cannot be inferred is said to be float16; then the product is, too.
  EXPECT_EQ(CountOf(Dynamic(source, {.default_tensor_type = 10}), "MatMul"), 1);
}

TEST(DynamicOptions, AWeightPerChannelThatIsReadInFloatToo) {
  const char* text = R"(
    g (float[2, 2] x) => (float[2, 2] y, float[2, 2] z) <float[2, 2] w = {-1, 0.5, 2, 1}>
    { y = MatMul(x, w) z = Neg(w) })";
  const Model model = Dynamic(ModelFromText(text, 13), {.per_channel = true});
  const onnx::NodeProto& node = *MakerOf(model, "w");
  EXPECT_EQ(node.op_type(), "DequantizeLinear");
  EXPECT_EQ(IntAttribute(node, "axis", 1), -1);
  // Before operator set 13 DequantizeLinear knows no axis.
  const Model old = Dynamic(ModelFromText(text, 11), {.per_channel = true});
  EXPECT_EQ(CheckModel(old), std::nullopt);
  EXPECT_EQ(CountOf(old, "DequantizeLinear"), 0);
  EXPECT_EQ(ElementsOf<float>(old, "w"), (std::vector<float>{-1, 0.5f, 2, 1}));
}

}  // namespace
}  // namespace quantab
