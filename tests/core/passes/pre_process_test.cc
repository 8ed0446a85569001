// The frame of the passes. Expected graphs by hand. Where ../shared/data is present, its float
// models are pre-processed and give the results that they gave before.
#include "core/passes/pre_process.h"

#include <filesystem>

#include "core/onnx/official.h"
#include "tests/core/exec/data_sets.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

namespace fs = std::filesystem;

constexpr DType kFloat = DType::kFloat;

// Constant -> Identity -> Transpose makes the weight of a MatMul; then Dropout and Cast to float.
GraphBuilder Wordy(int64_t opset = 17) {
  GraphBuilder b(opset);
  b.Input("x", kFloat, {"n", 2}).Output("y", kFloat);
  b.Node("Constant", {}, {"c"}, {Attr("value", F32({3, 2}, {1, 2, 3, 4, 5, 6}))});
  b.Node("Identity", {"c"}, {"i"}).Node("Transpose", {"i"}, {"w"});
  b.Node("MatMul", {"x", "w"}, {"m"}).Node("Dropout", {"m"}, {"d"});
  b.Node("Cast", {"d"}, {"f"}, {Attr("to", 1)}).Node("Relu", {"f"}, {"y"});
  return b;
}

std::string Metadata(const Model& model) {
  std::string text;
  for (const auto& entry : model.proto.metadata_props()) {
    text += entry.key() + "=" + entry.value() + ";";
  }
  return text;
}

TEST(PreProcess, FoldsAndSimplifies) {
  const PreProcessed done = PreProcess(Wordy().model(), {});
  EXPECT_EQ(OperatorsOf(done.model), OpNames({"MatMul", "Relu"}));
  ExpectTensor(WeightOf(done.model, "w"), F32({2, 3}, {1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(done.model.proto.graph().initializer_size(), 1);
  ExpectSameResults(Wordy().model(), done.model);
  std::vector<std::string> names;
  for (const auto& [name, count] : done.changes) names.push_back(name);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_NE(std::find(names.begin(), names.end(), "fold_constants"), names.end());
  EXPECT_EQ(CheckModel(done.model), std::nullopt);
  EXPECT_TRUE(PreProcess(done.model, {}).changes.empty());
}

TEST(PreProcess, DeclaresTheTypesOfWhatIsLeft) {
  const Model done = PreProcess(Wordy().model(), {}).model;
  const auto& graph = done.proto.graph();
  ASSERT_EQ(graph.value_info_size(), 1);
  EXPECT_EQ(graph.value_info(0).name(), "m");
  EXPECT_EQ(graph.value_info(0).type().tensor_type().shape().dim(1).dim_value(), 3);
  EXPECT_EQ(graph.value_info(0).type().tensor_type().shape().dim(0).dim_param(), "n");
  PreProcessOptions options;
  options.skip_onnx_shape = options.skip_symbolic_shape = true;
  EXPECT_EQ(PreProcess(Wordy().model(), options).model.proto.graph().value_info_size(), 0);
}

TEST(PreProcess, SkippedAndOptionalPasses) {
  PreProcessOptions options;
  options.skip_optimization = true;
  EXPECT_EQ(OperatorsOf(PreProcess(Wordy().model(), options).model), OperatorsOf(Wordy().model()));
  options = {};
  options.skip_passes = {"eliminate_dropout", "fold_constants"};
  options.optional_passes = {"name_nodes"};
  const PreProcessed done = PreProcess(Wordy().model(), options);
  EXPECT_EQ(OperatorsOf(done.model), OpNames({"Transpose", "MatMul", "Dropout", "Relu"}));
  EXPECT_EQ(done.model.proto.graph().node(1).name(), "MatMul_0");
}

TEST(PreProcess, NamesOfPassesThatDoNotExist) {
  PreProcessOptions options;
  options.skip_passes = {"fold"};
  ExpectError(ErrorCode::kInvalidArgument, "'fold_constants'",
              [&] { PreProcess(Wordy().model(), options); });
  options = {};
  options.optional_passes = {"nothing"};
  ExpectError(ErrorCode::kInvalidArgument, "optional_passes: there is no rewrite 'nothing'",
              [&] { PreProcess(Wordy().model(), options); });
}

TEST(PreProcess, MetadataIsThatOfOnnxRuntime) {
  GraphBuilder b = Wordy();
  auto* entry = b.model().proto.add_metadata_props();
  entry->set_key("author");
  entry->set_value("me");
  const PreProcessed done = PreProcess(b.model(), {});
  EXPECT_EQ(Metadata(done.model), "onnx.quant.pre_process=onnxruntime.quant;author=me;");
  EXPECT_EQ(Metadata(PreProcess(done.model, {}).model), Metadata(done.model));
}

TEST(PreProcess, InitializersOfOldModelsStopBeingInputs) {
  GraphBuilder b(9);
  b.Input("x", kFloat, {1, 2}).Input("w", kFloat, {2, 2}).Output("y", kFloat);
  b.Initializer("w", Iota({2, 2}));
  b.Node("Transpose", {"w"}, {"t"}).Node("MatMul", {"x", "t"}, {"y"});
  b.model().proto.set_ir_version(3);
  const Model old = PreProcess(b.model(), {}).model;
  EXPECT_EQ(OperatorsOf(old), OpNames({"MatMul"}));
  ASSERT_EQ(old.proto.graph().input_size(), 1);
  EXPECT_GE(old.proto.ir_version(), 4);
  EXPECT_EQ(OpsetVersion(old.proto), 11);
  // Of a newer model the caller may replace it.
  b.model().proto.set_ir_version(4);
  const Model current = PreProcess(b.model(), {}).model;
  EXPECT_EQ(OperatorsOf(current), OpNames({"Transpose", "MatMul"}));
  EXPECT_EQ(current.proto.graph().input_size(), 2);
}

TEST(PreProcess, OperatorSetsThatAreImportedTwice) {
  GraphBuilder b = Wordy();
  b.Opset("ai.onnx", 17);
  EXPECT_EQ(PreProcess(b.model(), {}).model.proto.opset_import_size(), 1);
  b.Opset("ai.onnx", 18);
  ExpectError(ErrorCode::kInvalidModel, "17 and 18", [&] { PreProcess(b.model(), {}); });
}

TEST(PreProcess, ConvertsWhenAsked) {
  PreProcessOptions options;
  options.opset_version = 21;
  const Model model = PreProcess(Wordy(13).model(), options).model;
  EXPECT_EQ(OpsetVersion(model.proto), 21);
  ExpectSameResults(Wordy(13).model(), model);
  GraphBuilder unknown(13);
  unknown.Input("x", kFloat, {2}).Output("y", kFloat).Node("NoSuchOperator", {"x"}, {"y"});
  ExpectError(ErrorCode::kUnsupported, "NoSuchOperator",
              [&] { PreProcess(unknown.model(), options); });
}

TEST(PreProcess, CallsOfLocalFunctionsAreInlined) {
  GraphBuilder b;
  b.Opset("f", 1).Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Twice", {"x"}, {"a"}, {}, "", "f").Node("Relu", {"a"}, {"y"});
  onnx::FunctionProto& function = *b.model().proto.add_functions();
  function.set_name("Twice");
  function.set_domain("f");
  function.add_input("v");
  function.add_output("w");
  *function.add_opset_import() = b.model().proto.opset_import(0);
  onnx::NodeProto& add = *function.add_node();
  add.set_op_type("Add");
  add.add_input("v");
  add.add_input("v");
  add.add_output("w");
  const Model done = PreProcess(b.model(), {}).model;
  EXPECT_EQ(OperatorsOf(done), OpNames({"Add", "Relu"}));
  ExpectSameResults(b.model(), done);
}

TEST(PreProcess, NodesThatAreOutOfOrderAreSorted) {
  GraphBuilder b;
  b.Input("x", kFloat, {2}).Output("y", kFloat);
  b.Node("Neg", {"b"}, {"y"}).Node("Exp", {"a"}, {"b"}).Node("Relu", {"x"}, {"a"});
  b.Node("Relu", {"x"}, {"unread"});
  EXPECT_EQ(OperatorsOf(PreProcess(b.model(), {}).model), OpNames({"Relu", "Exp", "Neg"}));
}

TEST(PreProcess, ShapesThatTheFileHasWrongAreNotTrusted) {
  // The file says that a and y have two elements; they have three, and so has the shape.
  GraphBuilder b;
  b.Input("x", kFloat, {3}).Output("y", kFloat).Output("s", DType::kInt64);
  b.Node("Relu", {"x"}, {"a"}).Node("Neg", {"a"}, {"y"}).Node("Shape", {"a"}, {"p"});
  b.Node("Shape", {"y"}, {"q"}).Node("Add", {"p", "q"}, {"r"}).Node("Neg", {"r"}, {"s"});
  for (const char* name : {"a", "y"}) {
    onnx::ValueInfoProto info = b.graph().input(0);
    info.set_name(name);
    info.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_value(2);
    if (info.name() == "a") *b.graph().add_value_info() = info;
    if (info.name() == "y") *b.graph().mutable_output(0) = info;
  }
  Session session(PreProcess(b.model(), {}).model);
  ExpectTensor(session.Run({{"x", F32({3}, {1, 2, 3})}}).at("s"), I64({1}, {-6}));
}

TEST(PreProcess, WhatIsDeclaredAndCannotBeInferredStays) {
  GraphBuilder b;
  b.Opset("example.org", 1).Input("x", kFloat, {3}).Output("y", kFloat);
  b.Node("Mystery", {"x"}, {"a"}, {}, "", "example.org")
      .Node("Mystery", {"a"}, {"y"}, {}, "", "example.org");
  *b.graph().add_value_info() = b.graph().input(0);
  b.graph().mutable_value_info(0)->set_name("a");
  *b.graph().mutable_output(0) = b.graph().input(0);
  b.graph().mutable_output(0)->set_name("y");
  const Model done = PreProcess(b.model(), {}).model;
  EXPECT_EQ(done.proto.graph().value_info_size(), 1);
  EXPECT_EQ(done.proto.graph().output(0).SerializeAsString(),
            b.graph().output(0).SerializeAsString());
}

TEST(PreProcess, EmptyAndOddGraphs) {
  Model empty;
  empty.proto.set_ir_version(8);
  empty.proto.add_opset_import()->set_version(17);
  empty.proto.mutable_graph()->set_name("g");
  EXPECT_TRUE(PreProcess(empty, {}).changes.empty());
  GraphBuilder odd;
  odd.Output("y").Node("", {}, {}).Node("Identity", {""}, {"y"}).Node("Shape", {}, {"s"});
  odd.Node("Reshape", {"y"}, {"r"}).Node("Slice", {"y", "", "", "s"}, {""}).Node("Pad", {}, {"p"});
  odd.Node("Transpose", {"s"}, {"t"}, {Attr("perm", "text")}).Node("Cast", {"t"}, {"u"});
  odd.Output("r").Output("p").Output("u");
  EXPECT_NO_THROW(PreProcess(odd.model(), {}));
}

class RealModel : public testing::TestWithParam<const char*> {};

TEST_P(RealModel, GivesTheSameResults) {
  const fs::path file = fs::path("../shared/data") / GetParam();
  if (!fs::exists(file)) GTEST_SKIP() << "'" << file.string() << "' is absent; not tested.";
  const Model model = ReadModelFile(file);
  const PreProcessed done = PreProcess(model, {});
  EXPECT_FALSE(done.changes.empty());
  EXPECT_EQ(CheckModel(done.model), std::nullopt);
  EXPECT_LE(done.model.proto.graph().node_size(), model.proto.graph().node_size());
  EXPECT_TRUE(PreProcess(done.model, {}).changes.empty());
  ExpectSameResults(model, done.model, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Float, RealModel,
                         testing::Values("cnn/mnist-8.onnx", "cnn/squeezenet1.1_fp32_opset13.onnx",
                                         "audio/gtcrn_stream_simple.onnx",
                                         "detect/blazeface_front_128.onnx",
                                         "structure/scan_1.onnx"));

// y = x @ w - b, where a caller may replace w and b.
Model Replaceable() {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 2}).Input("w", kFloat, {2, 2}).Input("b", kFloat, {2});
  b.Initializer("w", Noise({2, 2}, 1)).Initializer("b", Noise({2}, 2)).Output("y", kFloat);
  b.Node("MatMul", {"x", "w"}, {"m"}).Node("Neg", {"b"}, {"t"});
  b.Node("Add", {"m", "t"}, {"y"});
  Model model = b.model();
  model.proto.set_ir_version(8);
  return model;
}

TEST(PreProcess, WeightsThatMayBeReplacedAreNamedAndLeftAlone) {
  struct Log : Monitor {
    void OnLog(LogLevel, std::string_view message) override { text += message; }
    std::string text;
  } log;
  const Model model = Replaceable();
  const Model kept = PreProcess(model, {}, &log).model;
  EXPECT_EQ(kept.proto.graph().input_size(), 3);
  EXPECT_EQ(OperatorsOf(kept).size(), 3u);
  EXPECT_NE(log.text.find("Initializer 'w' and 1 more are among the model's inputs"),
            std::string::npos)
      << log.text;

  log.text.clear();
  PreProcessOptions options;
  options.optional_passes = {"remove_initializers_from_inputs"};
  const Model fixed = PreProcess(model, options, &log).model;
  EXPECT_EQ(fixed.proto.graph().input_size(), 1);
  EXPECT_EQ(OperatorsOf(fixed), OpNames({"Gemm"}));
  EXPECT_EQ(log.text, "");
  ExpectSameResults(model, fixed);
}

}  // namespace
}  // namespace quantab
