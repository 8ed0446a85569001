// The QOperator format where ONNX Runtime's quantizer makes a wrong model or none, and what stays
// in float.
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "tests/core/quant/qoperator_testing.h"

namespace quantab {
namespace {

// x -> Conv -> a -> `op_type` -> y
QuantGraphBuilder ConvThen(const std::string& op_type, int64_t opset = 17) {
  QuantGraphBuilder b(opset);
  b.Input("x", {1, 1, 2, 2}).Weight("w", {1, 1, 1, 1}).Output("y", {1, 1, 2, 2});
  b.Node("Conv", {"x", "w"}, {"a"}, "conv");
  b.Node(op_type, {"a"}, {"y"}, "act");
  return b;
}

bool KeepsActivation(const Model& model) {
  EXPECT_EQ(CheckModel(model), std::nullopt);
  return MakerOf(model, "y")->op_type() != "DequantizeLinear";
}

TEST(QOperatorActivation, ARangeThatCutsOffTakesThePlaceOfARelu) {
  const QuantGraphBuilder b = ConvThen("Relu");
  for (const QuantType type : {QuantType::kQInt8, QuantType::kQUInt8}) {
    StaticOptions options = QOperatorOptions();
    options.activation_type = type;
    const Model model = QuantizeWith(b.model(), options, {-2, 3}, nullptr, {{"y", {0, 3}}});
    EXPECT_FALSE(KeepsActivation(model));
    EXPECT_FLOAT_EQ(ElementsOf<float>(model, "a_scale").at(0), 3.0f / 255);
    EXPECT_EQ(MakerOf(model, "y")->input(0), "a_quantized");
    // A range that reaches below zero, as a symmetric one does, cuts off nothing.
    EXPECT_TRUE(KeepsActivation(QuantizeWith(b.model(), options, {-2, 3})));
    options.activation_symmetric = true;
    EXPECT_TRUE(KeepsActivation(QuantizeWith(b.model(), options, {0, 3})));
  }
}

TEST(QOperatorActivation, NeverPositiveInTheSamples) {
  // Scale 1 and zero point 0: of int8 that represents negative numbers, of uint8 it does not.
  const QuantGraphBuilder b = ConvThen("Relu");
  StaticOptions options = QOperatorOptions();
  EXPECT_TRUE(KeepsActivation(QuantizeWith(b.model(), options, {0, 0})));
  options.activation_type = QuantType::kQUInt8;
  EXPECT_FALSE(KeepsActivation(QuantizeWith(b.model(), options, {0, 0})));
}

TEST(QOperatorActivation, OthersStillSeeWhatItWouldCutOff) {
  StaticOptions options = QOperatorOptions();
  QuantGraphBuilder output = ConvThen("Relu");
  output.Output("a", {1, 1, 2, 2});
  QuantGraphBuilder reader = ConvThen("Relu");
  reader.Node("Neg", {"a"}, {"z"}, "neg");
  reader.Output("z", {1, 1, 2, 2});
  for (const QuantGraphBuilder& b : {output, reader}) {
    const Model model = QuantizeWith(b.model(), options, {-2, 3}, nullptr, {{"y", {0, 3}}});
    EXPECT_TRUE(KeepsActivation(model));
    EXPECT_FLOAT_EQ(ElementsOf<float>(model, "a_scale").at(0), 5.0f / 255);
  }
}

TEST(QOperatorActivation, BoundsOfAClip) {
  struct Case {
    float low, high;
    TensorRange seen;
    bool kept;
  };
  // Zero is in every range: what a Clip to [1, 6] makes of 0 it does not say.
  for (const Case& c :
       {Case{0, 6, {0, 6}, false}, Case{0, 6, {0, 2}, false}, Case{-1, 1, {-1, 1}, false},
        Case{1, 6, {1, 6}, true}, Case{-6, -1, {-6, -1}, true},
        Case{std::numeric_limits<float>::quiet_NaN(), 6, {0, 6}, true}}) {
    QuantGraphBuilder b = ConvThen("Clip");
    b.Weight("low", {}, {c.low}).Weight("high", {}, {c.high});
    b.graph().mutable_node(1)->add_input("low");
    b.graph().mutable_node(1)->add_input("high");
    EXPECT_EQ(KeepsActivation(QuantizeWith(b.model(), QOperatorOptions(), c.seen)), c.kept)
        << c.low << " " << c.high;

    QuantGraphBuilder old = ConvThen("Clip", 10);
    SetFloatOf(*old.graph().mutable_node(1), "min", c.low);
    SetFloatOf(*old.graph().mutable_node(1), "max", c.high);
    EXPECT_EQ(KeepsActivation(QuantizeWith(old.model(), QOperatorOptions(), c.seen)), c.kept)
        << c.low << " " << c.high;
  }
}

TEST(QOperatorActivation, ComputedBoundsAreNotKnown) {
  QuantGraphBuilder b = ConvThen("Clip");
  AddScalarInput(b, "high");
  b.graph().mutable_node(1)->add_input("");
  b.graph().mutable_node(1)->add_input("high");
  EXPECT_TRUE(KeepsActivation(QuantizeWith(b.model(), QOperatorOptions(), {0, 3})));
}

TEST(QOperatorActivation, TwoInARowTakeTheLastRange) {
  QuantGraphBuilder b = ConvThen("Relu");
  b.Weight("high", {}, {1}).Output("z", {1, 1, 2, 2});
  b.graph().mutable_output()->DeleteSubrange(0, 1);
  b.Node("Clip", {"y", "", "high"}, {"z"}, "clip");
  const Model model =
      QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, nullptr, {{"y", {0, 3}}, {"z", {0, 1}}});
  EXPECT_EQ(MakerOf(model, "z")->input(0), "a_quantized");
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "a_scale").at(0), 1.0f / 255);
}

TEST(QOperatorFloat, ATensorWithoutARange) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("v", {3, 3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"h"}, "first");
  b.Node("MatMul", {"h", "v"}, {"y"}, "second");
  for (const std::string tensor : {"x", "y"}) {
    Warnings warnings;
    const Model model =
        QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, &warnings, {}, {tensor});
    EXPECT_EQ(CheckModel(model), std::nullopt);
    EXPECT_EQ(CountOf(model, "QLinearMatMul"), 1);
    EXPECT_TRUE(warnings.Mention("MatMul '" + std::string(tensor == "x" ? "first" : "second") +
                                 "' stays in float: tensor '" + tensor +
                                 "' has no calibrated range."))
        << warnings.text;
  }
  Warnings warnings;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Model model =
      QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, &warnings, {{"h", {nan, 1}}});
  EXPECT_EQ(CountOf(model, "MatMul"), 2);
  EXPECT_TRUE(warnings.Mention("tensor 'h' has no finite range")) << warnings.text;
}

TEST(QOperatorFloat, WeightsThatAreNotFinite) {
  QuantGraphBuilder b;
  const float inf = std::numeric_limits<float>::infinity();
  b.Input("x", {2, 2}).Weight("w", {2, 2}, {1, 2, inf, 3}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  Warnings warnings;
  EXPECT_EQ(CountOf(QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, &warnings), "MatMul"), 1);
  EXPECT_TRUE(warnings.Mention("'w'")) << warnings.text;
}

TEST(QOperatorFloat, ExcludedNodesAndOthersReadFloats) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {3}).Output("y", {2, 3});
  b.Node("Gemm", {"x", "w", "c"}, {"h"}, "a");
  b.Node("Gemm", {"h", "w", "c"}, {"y"}, "b");
  StaticOptions options = QOperatorOptions();
  options.nodes_to_exclude = {"b"};
  Model model = QuantizeWith(b.model(), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "h")->op_type(), "DequantizeLinear");
  EXPECT_EQ(ElementsOf<float>(model, "w"), ElementsOf<float>(b.model(), "w"));
  EXPECT_EQ(ElementsOf<float>(model, "c"), ElementsOf<float>(b.model(), "c"));

  // One that was not excluded reads the dequantized constants, as ONNX Runtime's does.
  b.Node("Neg", {"w"}, {"z"}, "neg");
  b.Node("Neg", {"c"}, {"d"}, "neg2");
  b.Output("z", {3, 3}).Output("d", {3});
  model = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "w")->input(0), "w_quantized");
  const onnx::NodeProto& bias = *MakerOf(model, "c");
  EXPECT_EQ(Joined(bias.input()), "c_quantized, c_quantized_scale, c_quantized_zero_point");
  EXPECT_EQ(ElementsOf<int32_t>(model, "c_quantized_zero_point"), std::vector<int32_t>{0});
}

TEST(QOperatorFloat, ScalesPerChannelAreNotDequantizedInOldOperatorSets) {
  for (const int64_t opset : {12, 13}) {
    QuantGraphBuilder b(opset);
    b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("c", {3}).Output("y", {2, 3});
    b.Output("z", {3, 3}).Output("d", {3});
    b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
    b.Node("Neg", {"w"}, {"z"}, "neg");
    b.Node("Neg", {"c"}, {"d"}, "neg2");
    StaticOptions options = QOperatorOptions();
    options.per_channel = true;
    const Model model = QuantizeWith(b.model(), options);
    EXPECT_EQ(CheckModel(model), std::nullopt);
    ASSERT_EQ(InitializerOf(model, "w") != nullptr, opset == 12);
    ASSERT_EQ(InitializerOf(model, "c") != nullptr, opset == 12);
    if (opset == 12) continue;
    EXPECT_EQ(IntAttribute(*MakerOf(model, "w"), "axis", -1), 1);
    EXPECT_EQ(IntAttribute(*MakerOf(model, "c"), "axis", -1), 0);
  }
}

TEST(QOperatorFloat, ComputedBiases) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Input("c", {3}).Weight("w", {3, 3}).Output("y", {2, 3});
  b.Node("Gemm", {"x", "w", "c"}, {"y"}, "a");
  Warnings warnings;
  const Model model = QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, &warnings);
  EXPECT_EQ(CountOf(model, "Gemm"), 1);
  EXPECT_EQ(CountOf(model, "QuantizeLinear"), 0);
  EXPECT_TRUE(warnings.Mention("'c' is not a constant")) << warnings.text;
}

TEST(QOperatorFloat, BodiesOfIf) {
  QuantGraphBuilder b = ConvThen("Relu");
  AddScalarInput(b, "k");
  SetTypeOf(*b.graph().mutable_input(1), DType::kBool);
  onnx::GraphProto body;
  body.set_name("body");
  onnx::NodeProto& neg = *body.add_node();
  neg.set_op_type("Neg");
  neg.add_input("y");
  neg.add_output("r");
  onnx::ValueInfoProto& result = *body.add_output();
  result.set_name("r");
  SetTypeOf(result, DType::kFloat);
  result.mutable_type()->mutable_tensor_type()->mutable_shape();
  onnx::NodeProto& node = b.Node("If", {"k"}, {"z"}, "if");
  for (const char* name : {"else_branch", "then_branch"}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = body;
  }
  b.graph().mutable_output(0)->set_name("z");
  StaticOptions options = QOperatorOptions();
  options.enable_subgraph = true;
  Warnings warnings;
  const Model model = QuantizeWith(b.model(), options, {0, 3}, &warnings);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "y")->op_type(), "DequantizeLinear");
  EXPECT_TRUE(warnings.Mention("bodies")) << warnings.text;
}

TEST(QOperatorPad, PaddingOutOfRangeOrComputed) {
  const auto padded = [](float value, const std::string& mode) {
    QuantGraphBuilder b = ConvThen("Pad");
    b.Ints("p", {0, 0, 1, 0, 0, 0, 0, 0}).Weight("v", {}, {value});
    b.graph().mutable_node(1)->add_input("p");
    b.graph().mutable_node(1)->add_input("v");
    onnx::AttributeProto& attribute = *b.graph().mutable_node(1)->add_attribute();
    attribute.set_name("mode");
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(mode);
    return QuantizeWith(b.model(), QOperatorOptions());
  };
  // [-2, 3]: 3 is the last integer, 4 would be cut off.
  EXPECT_EQ(Joined(MakerOf(padded(3, "constant"), "y_quantized")->input()),
            "a_quantized, p, v_quantized");
  EXPECT_EQ(MakerOf(padded(4, "constant"), "y")->op_type(), "Pad");
  EXPECT_EQ(MakerOf(padded(std::numeric_limits<float>::quiet_NaN(), "constant"), "y")->op_type(),
            "Pad");
  EXPECT_EQ(MakerOf(padded(4, "reflect"), "y_quantized")->input(2), "");

  // Two Pads of one value, each in the scale of its input.
  QuantGraphBuilder b = ConvThen("Pad");
  b.Ints("p", {0, 0, 1, 0, 0, 0, 0, 0}).Weight("u", {1, 1, 1, 1});
  AddScalarInput(b, "v");
  b.graph().mutable_node(1)->add_input("p");
  b.graph().mutable_node(1)->add_input("v");
  b.Node("Conv", {"y", "u"}, {"k"}, "conv2");
  b.Node("Pad", {"k", "p", "v"}, {"z"}, "pad2");
  b.graph().mutable_output(0)->set_name("z");
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(Joined(MakerOf(model, "v_quantized")->input()), "v, a_scale, a_zero_point");
  EXPECT_EQ(Joined(MakerOf(model, "v_quantized_1")->input()), "v, k_scale, k_zero_point");
}

TEST(QOperatorResize, ModesThatLeaveTheRange) {
  for (const char* mode : {"cubic", "linear"}) {
    QuantGraphBuilder b = ConvThen("Resize");
    b.Weight("sc", {4}, {1, 1, 1, 1});
    b.graph().mutable_node(1)->add_input("");
    b.graph().mutable_node(1)->add_input("sc");
    onnx::AttributeProto& attribute = *b.graph().mutable_node(1)->add_attribute();
    attribute.set_name("mode");
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(mode);
    const Model model = QuantizeWith(b.model(), QOperatorOptions());
    EXPECT_EQ(MakerOf(model, "y")->op_type() == "Resize", std::string(mode) == "cubic");
  }
}

// Softmax's axis is 1 by default before operator set 13; QLinearSoftmax's is always the last.
TEST(QOperatorSoftmax, DefaultAxis) {
  for (const int64_t opset : {12, 13}) {
    QuantGraphBuilder b(opset);
    b.Input("x", {2, 3, 4}).Output("y", {2, 3, 4});
    b.Node("Softmax", {"x"}, {"y"}, "s");
    const Model model = QuantizeWith(b.model(), QOperatorOptions());
    const onnx::NodeProto& softmax = *MakerOf(model, "y_quantized");
    EXPECT_EQ(IntAttribute(softmax, "opset", 0), opset);
    EXPECT_EQ(IntAttribute(softmax, "axis", -1), opset == 12 ? 1 : -1);
  }
}

// Its results are from 0 to 1; 1/256 with zero point 0 in int8 would end at one half.
TEST(QOperatorSigmoid, Nnapi) {
  QuantGraphBuilder b;
  b.Input("x", {2}).Output("y", {2});
  b.Node("Sigmoid", {"x"}, {"y"}, "s");
  StaticOptions options = QOperatorOptions();
  options.sigmoid_nnapi = true;
  Model model = QuantizeWith(b.model(), options);
  EXPECT_EQ(ElementsOf<float>(model, "y_scale"), std::vector<float>{1.0f / 256});
  EXPECT_EQ(ElementsOf<int8_t>(model, "y_zero_point"), std::vector<int8_t>{-128});
  options.activation_type = QuantType::kQUInt8;
  model = QuantizeWith(b.model(), options, {-2, 3}, nullptr, {}, {"y"});
  EXPECT_EQ(ElementsOf<uint8_t>(model, "y_zero_point"), std::vector<uint8_t>{0});
}

TEST(QOperatorPool, DilationsAndUnknownRanges) {
  for (const int64_t dilation : {1, 2}) {
    QuantGraphBuilder b(19);
    b.Input("x", {1, 1, 4, 4}).Output("y", {1, 1, 1, 1});
    onnx::NodeProto& pool = b.Node("AveragePool", {"x"}, {"a"}, "p");
    SetIntsOf(pool, "kernel_shape", {2, 2});
    SetIntsOf(pool, "dilations", {dilation, dilation});
    b.Node("GlobalAveragePool", {"a"}, {"y"}, "g");
    const Model model = QuantizeWith(b.model(), QOperatorOptions(), {-2, 3}, nullptr, {}, {"y"});
    EXPECT_EQ(CountOf(model, "QLinearAveragePool"), dilation == 1 ? 1 : 0);
    EXPECT_EQ(CountOf(model, "AveragePool"), dilation == 1 ? 0 : 1);
    if (dilation == 2) continue;
    EXPECT_EQ(FindAttribute(*MakerOf(model, "a_quantized"), "dilations"), nullptr);
    // The mean lies within its input's range.
    EXPECT_EQ(MakerOf(model, "y_quantized")->input(3), "a_scale");
  }
}

TEST(QOperatorOptionsTest, OverridesOfSingleTensors) {
  QuantGraphBuilder b;
  b.Input("x", {2, 2}).Weight("w", {2, 2}, {1, -1, 0.5f, 0.25f}).Output("y", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  StaticOptions options = QOperatorOptions();
  options.tensor_quant_overrides["x"].push_back({{.rmin = -1.0, .rmax = 1.55}});
  options.tensor_quant_overrides["y"].push_back({{.scale = 0.5, .zero_point = 3}});
  options.tensor_quant_overrides["w"].push_back({{.rmin = -2.54, .rmax = 1.0}});
  const Model model = QuantizeWith(b.model(), options);
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "x_scale").at(0), 0.01f);
  EXPECT_EQ(ElementsOf<float>(model, "y_scale").at(0), 0.5f);
  EXPECT_EQ(ElementsOf<int8_t>(model, "y_zero_point").at(0), 3);
  EXPECT_FLOAT_EQ(ElementsOf<float>(model, "w_scale").at(0), 0.02f);

  options.tensor_quant_overrides["y"] = {{{.quant_type = QuantType::kQUInt8}}};
  EXPECT_THROW(QuantizeWith(b.model(), options), Error);
}

TEST(QOperatorNames, ThatAreTaken) {
  QuantGraphBuilder b;
  b.Input("x", {2, 3}).Weight("w", {3, 3}).Weight("w_scale", {3}).Output("y", {2, 3});
  b.Node("MatMul", {"x", "w"}, {"x_quantized"}, "a");
  b.Node("Add", {"x_quantized", "w_scale"}, {"y"}, "b");
  const Model model = QuantizeWith(b.model(), QOperatorOptions());
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(MakerOf(model, "x_quantized_1")->op_type(), "QuantizeLinear");
  EXPECT_EQ(TypeOf(*InitializerOf(model, "w_scale_1")), DType::kFloat);
}

TEST(QOperatorMalformed, NodesWithTooFewInputs) {
  for (const char* op_type :
       {"Add",     "ArgMax",    "AveragePool",       "Clip",      "Concat",  "Conv",    "Flatten",
        "Gather",  "Gemm",      "GlobalAveragePool", "LeakyRelu", "MatMul",  "MaxPool", "Mul",
        "Pad",     "Relu",      "Reshape",           "Resize",    "Sigmoid", "Softmax", "Split",
        "Squeeze", "Transpose", "Unsqueeze",         "Where"}) {
    for (const bool force : {false, true}) {
      StaticOptions options = QOperatorOptions();
      options.force_quantize_no_input_check = force;
      options.per_channel = true;
      for (const std::vector<std::string>& inputs :
           {std::vector<std::string>{}, {""}, {"x"}, {"w"}, {"x", ""}, {"", "w"}, {"x", "s"}}) {
        QuantGraphBuilder b;
        b.Input("x", {1, 1, 2, 2}).Weight("w", {1, 1, 1, 1}).Weight("s", {});
        b.Output("y", {1, 1, 2, 2});
        b.Node(op_type, inputs, {"y"}, "a");
        try {
          QuantizeWith(b.model(), options);
        } catch (const Error& error) {
          EXPECT_NE(error.code(), ErrorCode::kInternal) << op_type << error.message();
        }
      }
    }
  }
}

}  // namespace
}  // namespace quantab
