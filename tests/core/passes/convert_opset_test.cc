// Conversion to other operator sets. The numbers of Upsample are onnxruntime 1.31.1's, run in
// Python on [[1,2],[3,4]] with scales 1.5 and 2.
#include "core/passes/steps.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr DType kFloat = DType::kFloat;

const std::vector<float>& Nearest() {
  static const std::vector<float> values = {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4};
  return values;
}
const std::vector<float>& Linear() {
  static const std::vector<float> values = {1.0f,       1.5f,       2.0f,       2.0f,
                                            2.3333333f, 2.8333333f, 3.3333333f, 3.3333333f,
                                            3.0f,       3.5f,       4.0f,       4.0f};
  return values;
}

GraphBuilder UpsampleModel(int64_t opset, const char* mode) {
  GraphBuilder b(opset);
  b.Input("x", kFloat, {1, 1, 2, 2}).Output("y", kFloat);
  if (opset < 7) {
    b.Node("Upsample", {"x"}, {"y"},
           {Attr("mode", mode), Attr("height_scale", 1.5f), Attr("width_scale", 2.0f)});
  } else if (opset < 9) {
    b.Node("Upsample", {"x"}, {"y"},
           {Attr("mode", mode), Attr("scales", std::vector<float>{1, 1, 1.5f, 2})});
  } else {
    b.Initializer("scales", F32({4}, {1, 1, 1.5f, 2}));
    b.Node("Upsample", {"x", "scales"}, {"y"}, {Attr("mode", mode)});
  }
  return b;
}

void ExpectUpsampled(const Model& model, const std::vector<float>& expected) {
  Session session(model);
  ExpectTensor(session.Run({{"x", F32({1, 1, 2, 2}, {1, 2, 3, 4})}}).at("y"),
               F32({1, 1, 3, 4}, expected), 1e-6);
}

TEST(ConvertOpset, UpsampleBecomesResizeOfTheSameNumbers) {
  for (const int64_t opset : {7, 8, 9}) {
    for (const bool linear : {false, true}) {
      Model model = UpsampleModel(opset, linear ? "linear" : "nearest").model();
      ConvertOpset(model, {}, nullptr);
      EXPECT_EQ(OpsetVersion(model.proto), 11);
      EXPECT_EQ(OperatorsOf(model), OpNames({"Resize"}));
      EXPECT_EQ(model.proto.opset_import_size(), 1);
      ExpectUpsampled(model, linear ? Linear() : Nearest());
    }
  }
}

TEST(ConvertOpset, UpsampleOfOperatorSetOneHasScalesByName) {
  Model model = UpsampleModel(6, "bilinear").model();
  PreProcessOptions options;
  options.opset_version = 13;
  ConvertOpset(model, options, nullptr);
  EXPECT_EQ(OpsetVersion(model.proto), 13);
  ExpectUpsampled(model, Linear());
}

TEST(ConvertOpset, UpsampleInsideABranch) {
  GraphBuilder branch(9);
  branch.Node("Upsample", {"x", "scales"}, {"r"}).Output("r", kFloat);
  GraphBuilder b(9);
  b.Input("c", DType::kBool, {}).Input("x", kFloat, {1, 1, 2, 2}).Output("y", kFloat);
  b.Initializer("scales", F32({4}, {1, 1, 1.5f, 2}));
  b.Node("If", {"c"}, {"y"},
         {Attr("then_branch", branch.graph()), Attr("else_branch", branch.graph())});
  Model model = b.model();
  ConvertOpset(model, {}, nullptr);
  Session session(model);
  const TensorMap outputs =
      session.Run({{"c", Bools({}, {true})}, {"x", F32({1, 1, 2, 2}, {1, 2, 3, 4})}});
  ExpectTensor(outputs.at("y"), F32({1, 1, 3, 4}, Nearest()));
}

TEST(ConvertOpset, ResizeOfTenKeepsHowItRounds) {
  GraphBuilder b(10);
  b.Input("x", kFloat, {1, 1, 2, 4}).Output("y", kFloat);
  b.Initializer("scales", F32({4}, {1, 1, 1, 0.6f})).Node("Resize", {"x", "scales"}, {"y"});
  Model model = b.model();
  ConvertOpset(model, {}, nullptr);
  EXPECT_EQ(OpsetVersion(model.proto), 11);
  ExpectSameResults(b.model(), model);
}

TEST(ConvertOpset, ResizeThatHasNoEqualIsAnErrorWhenAskedForElseAWarning) {
  GraphBuilder b(10);
  b.Input("x", kFloat, {1, 1, 2, 4}).Output("y", kFloat);
  b.Initializer("scales", F32({4}, {1, 1, 2, 0.5f}))
      .Node("Resize", {"x", "scales"}, {"y"}, {}, "r");
  Model model = b.model();
  ConvertOpset(model, {}, nullptr);
  EXPECT_EQ(OpsetVersion(model.proto), 10);
  EXPECT_EQ(model.proto.SerializeAsString(), b.model().proto.SerializeAsString());
  PreProcessOptions options;
  options.opset_version = 13;
  ExpectError(ErrorCode::kUnsupported, "'r'", [&] { ConvertOpset(model, options, nullptr); });
}

TEST(ConvertOpset, NewModelsStayUnlessAsked) {
  GraphBuilder b(13);
  b.Input("x", kFloat, {2, 2}).Output("y", kFloat).Node("Softmax", {"x"}, {"y"});
  Model model = b.model();
  ConvertOpset(model, {}, nullptr);
  EXPECT_EQ(model.proto.SerializeAsString(), b.model().proto.SerializeAsString());
  PreProcessOptions options;
  options.opset_version = 17;
  ConvertOpset(model, options, nullptr);
  EXPECT_EQ(OpsetVersion(model.proto), 17);
  options.opset_version = 99999;
  ExpectError(ErrorCode::kInvalidArgument, "99999", [&] { ConvertOpset(model, options, nullptr); });
}

TEST(ConvertOpset, ScanOverBatchesHasNoEqual) {
  GraphBuilder body(8);
  body.Input("a", kFloat, {2}).Node("Relu", {"a"}, {"b"}).Output("b", kFloat);
  GraphBuilder b(8);
  b.Input("x", kFloat, {1, 3, 2}).Output("y", kFloat);
  b.Node("Scan", {"", "x"}, {"y"}, {Attr("body", body.graph()), Attr("num_scan_inputs", 1)});
  Model model = b.model();
  ConvertOpset(model, {}, nullptr);
  EXPECT_EQ(model.proto.SerializeAsString(), b.model().proto.SerializeAsString());
  PreProcessOptions options;
  options.opset_version = 11;
  ExpectError(ErrorCode::kUnsupported, "Scan", [&] { ConvertOpset(model, options, nullptr); });
}

TEST(ReplaceUpsample, InOperatorSetsThatHaveNone) {
  for (const int64_t opset : {10, 11, 12, 13, 18}) {
    for (const bool linear : {false, true}) {
      GraphBuilder b = UpsampleModel(opset, linear ? "linear" : "nearest");
      Model model = b.model();
      EXPECT_TRUE(RunPass(model, "replace_upsample"));
      EXPECT_EQ(OperatorsOf(model), OpNames({"Resize"}));
      ExpectUpsampled(model, linear ? Linear() : Nearest());
      EXPECT_FALSE(RunPass(model, "replace_upsample"));
    }
  }
}

TEST(ReplaceUpsample, LeavesModelsThatHaveUpsampleAndMalformedNodes) {
  ExpectKept(UpsampleModel(9, "nearest").model(), "replace_upsample");
  GraphBuilder bad(11);
  bad.Input("x", kFloat, {1, 1, 2, 2}).Output("y", kFloat).Output("z", kFloat);
  bad.Node("Upsample", {"x"}, {"y"}).Node("Upsample", {}, {"z"});
  ExpectKept(bad.model(), "replace_upsample");
}

}  // namespace
}  // namespace quantab
