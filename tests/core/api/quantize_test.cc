// The quantizers joined with calibration, where a model holds operators that cannot run.
#include <gtest/gtest.h>

#include "core/api/quantab.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

class Warnings : public Monitor {
 public:
  void OnLog(LogLevel level, std::string_view message) override {
    if (level == LogLevel::kWarning) text += std::string(message) + "\n";
  }
  std::string text;
};

// y = Custom(x @ w1) @ w2, or with the custom operator first.
Model CustomBetween(bool first) {
  GraphBuilder b;
  b.Opset("my.domain", 1).Input("x", DType::kFloat, {1, 8});
  b.Initializer("w1", Iota({8, 8}, -1, 0.03F)).Initializer("w2", Iota({8, 8}, 1, -0.03F));
  if (first) {
    b.Node("Custom", {"x"}, {"h"}, {}, "custom", "my.domain");
    b.Node("MatMul", {"h", "w1"}, {"c"}, {}, "one");
  } else {
    b.Node("MatMul", {"x", "w1"}, {"h"}, {}, "one");
    b.Node("Custom", {"h"}, {"c"}, {}, "custom", "my.domain");
  }
  b.Node("MatMul", {"c", "w2"}, {"y"}, {}, "two").Output("y", DType::kFloat);
  return b.model();
}

const onnx::NodeProto& NodeNamed(const Model& model, const std::string& name) {
  for (const onnx::NodeProto& node : model.proto.graph().node()) {
    if (node.name() == name) return node;
  }
  throw std::runtime_error("no node '" + name + "'");
}

TEST(StaticQuantizer, LeavesWhatFollowsACustomOperatorInFloat) {
  Warnings warnings;
  StaticQuantizer quantizer(CustomBetween(false), {}, &warnings);
  quantizer.Collect({{"x", Iota({1, 8})}});
  const Model quantized = quantizer.Finish();
  EXPECT_NE(warnings.text.find("'Custom' of domain 'my.domain' opset 1 (node 'custom')"),
            std::string::npos)
      << warnings.text;
  EXPECT_NE(NodeNamed(quantized, "one").input(1), "w1");
  EXPECT_EQ(NodeNamed(quantized, "two").input(0), "c");
  EXPECT_EQ(NodeNamed(quantized, "two").input(1), "w2");
}

TEST(StaticQuantizer, RefusesAModelOfWhichNothingCanBeCalibrated) {
  ExpectError(ErrorCode::kUnsupported, "Use quantize_dynamic",
              [] { StaticQuantizer quantizer(CustomBetween(true)); });
}

TEST(QuantizeDynamic, NeedsNoOperatorToRun) {
  Warnings warnings;
  const Model quantized = QuantizeDynamic(CustomBetween(true), {}, &warnings);
  EXPECT_NE(warnings.text.find("(node 'custom'). The model is quantized all the same"),
            std::string::npos)
      << warnings.text;
  EXPECT_EQ(NodeNamed(quantized, "custom").op_type(), "Custom");
  EXPECT_TRUE(Inspect(quantized).quantized);
}

// Two layers of which the first has channels of very different sizes; with `listed`, a caller may
// replace the weights.
Model Uneven(bool listed) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2, 2});
  if (listed) b.Input("w1", DType::kFloat, {2, 2}).Input("w2", DType::kFloat, {2, 2});
  b.Initializer("w1", F32({2, 2}, {1, 100, -1, 50})).Initializer("w2", F32({2, 2}, {4, 3, 2, 1}));
  b.Node("MatMul", {"x", "w1"}, {"h"}, {}, "one").Node("Relu", {"h"}, {"r"}, {}, "relu");
  b.Node("MatMul", {"r", "w2"}, {"y"}, {}, "two").Output("y", DType::kFloat);
  Model model = b.model();
  model.proto.set_ir_version(8);
  return model;
}

TEST(StaticQuantizer, ChangesWeightsThatAreAmongTheInputs) {
  Warnings warnings;
  StaticOptions options;
  options.cross_layer_equalization = true;
  const auto quantized = [&](bool listed) {
    StaticQuantizer quantizer(Uneven(listed), options, &warnings);
    quantizer.Collect({{"x", F32({2, 2}, {1, 2, 3, 4})}});
    return quantizer.Finish().proto.graph().SerializeAsString();
  };
  const std::string fixed = quantized(false);
  EXPECT_EQ(warnings.text, "");
  EXPECT_EQ(quantized(true), fixed);
  EXPECT_NE(warnings.text.find("2 initializers among the model's inputs"), std::string::npos)
      << warnings.text;
  options.cross_layer_equalization = false;
  EXPECT_NE(quantized(false), fixed);
}

}  // namespace
}  // namespace quantab
