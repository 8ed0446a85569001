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

}  // namespace
}  // namespace quantab
