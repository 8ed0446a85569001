// Channel-last inputs and outputs. Names, shapes and permutations are those that onnxruntime 1.31.1
// (update_io_to_channel_last) gave for the same model, results those of the model as it was.
#include "core/onnx/official.h"
#include "core/passes/pre_process.h"
#include "core/passes/steps.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

GraphBuilder Small() {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"N", 3, 4, 5});
  b.Output("y", DType::kFloat).Output("z", DType::kFloat);
  b.Node("Relu", {"x"}, {"a"}, {}, "r").Node("Add", {"a", "x"}, {"y"}, {}, "s");
  b.Node("Neg", {"y"}, {"z"}, {}, "n");
  for (auto& output : *b.graph().mutable_output())
    *output.mutable_type() = b.graph().input(0).type();
  return b;
}

Model Moved(Model model, std::vector<std::string> inputs, std::vector<std::string> outputs) {
  PreProcessOptions options;
  options.inputs_to_make_channel_last = std::move(inputs);
  options.outputs_to_make_channel_last = std::move(outputs);
  MoveChannelsLast(model, options);
  return model;
}

std::string ShapeText(const onnx::ValueInfoProto& value) {
  std::string text = value.name();
  for (const auto& dim : value.type().tensor_type().shape().dim()) {
    text += " " + (dim.has_dim_value() ? std::to_string(dim.dim_value()) : dim.dim_param());
  }
  return text;
}

Tensor Transposed(const Tensor& tensor, const std::vector<int64_t>& perm) {
  GraphBuilder b;
  std::vector<Dim> dims(tensor.shape().begin(), tensor.shape().end());
  b.Input("x", DType::kFloat, dims).Output("y", DType::kFloat);
  b.Node("Transpose", {"x"}, {"y"}, {Attr("perm", perm)});
  return Session(b.model()).Run({{"x", tensor}}).at("y");
}

TEST(MoveChannelsLast, PutsATransposeBetween) {
  const Model model = Moved(Small().model(), {"x", "x"}, {"y"});
  const auto& graph = model.proto.graph();
  EXPECT_EQ(OperatorsOf(model), OpNames({"Transpose", "Relu", "Add", "Neg", "Transpose"}));
  EXPECT_EQ(ShapeText(graph.input(0)), "x N 4 5 3");
  EXPECT_EQ(ShapeText(graph.output(0)), "y N 4 5 3");
  EXPECT_EQ(ShapeText(graph.output(1)), "z N 3 4 5");
  ASSERT_EQ(graph.value_info_size(), 2);
  EXPECT_EQ(ShapeText(graph.value_info(0)), "x_channel_first_0 N 3 4 5");
  EXPECT_EQ(ShapeText(graph.value_info(1)), "y_channel_first_0 N 3 4 5");
  EXPECT_EQ(graph.node(0).name(), "Transpose_channel_0");
  EXPECT_EQ(graph.node(4).name(), "Transpose_channel_1");
  EXPECT_EQ(graph.node(2).input(1), "x_channel_first_0");
  EXPECT_EQ(CheckModel(model), std::nullopt);

  const Tensor x = Noise({2, 3, 4, 5}, 1);
  const TensorMap expected = Session(Small().model()).Run({{"x", x}});
  const TensorMap actual = Session(model).Run({{"x", Transposed(x, {0, 2, 3, 1})}});
  ExpectTensor(actual.at("y"), Transposed(expected.at("y"), {0, 2, 3, 1}));
  ExpectTensor(actual.at("z"), expected.at("z"));
}

// By hand: onnxruntime forgets what graphs inside capture.
TEST(MoveChannelsLast, RenamesWhatSubgraphsRead) {
  GraphBuilder b;
  b.Input("c", DType::kBool, {}).Input("x", DType::kFloat, {1, 2, 3}).Output("y", DType::kFloat);
  onnx::GraphProto branch;
  branch.set_name("branch");
  onnx::NodeProto& node = *branch.add_node();
  node.set_op_type("Relu");
  node.add_input("x");
  node.add_output("b");
  branch.add_output()->set_name("b");
  b.Node("If", {"c"}, {"y"});
  for (const char* name : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *b.graph().mutable_node(0)->add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = branch;
  }
  const Model model = Moved(b.model(), {"x"}, {});
  EXPECT_EQ(model.proto.graph().node(1).attribute(1).g().node(0).input(0), "x_channel_first_0");
  const Tensor x = Noise({1, 2, 3}, 3);
  const Tensor expected = Session(b.model()).Run({{"c", Bools({}, {true})}, {"x", x}}).at("y");
  ExpectTensor(
      Session(model).Run({{"c", Bools({}, {true})}, {"x", Transposed(x, {0, 2, 1})}}).at("y"),
      expected);
}

TEST(MoveChannelsLast, TakesFreshNames) {
  GraphBuilder b = Small();
  b.Node("Neg", {"a"}, {"x_channel_first_0"}, {}, "Transpose_channel_0");
  const Model model = Moved(b.model(), {"x"}, {});
  EXPECT_EQ(model.proto.graph().node(0).output(0), "x_channel_first_1");
  EXPECT_EQ(model.proto.graph().node(0).name(), "Transpose_channel_1");
}

TEST(MoveChannelsLast, PreProcessDoesIt) {
  PreProcessOptions options;
  options.outputs_to_make_channel_last = {"y"};
  const Model model = PreProcess(Small().model(), options).model;
  EXPECT_EQ(OperatorsOf(model).back(), "Transpose");
  EXPECT_EQ(ShapeText(model.proto.graph().output(0)), "y N 4 5 3");
}

TEST(MoveChannelsLast, RefusesWhatCannotBeMoved) {
  const auto expect = [](const GraphBuilder& b, const char* in, const char* out,
                         const char* message) {
    GraphBuilder copy = b;
    ExpectError(ErrorCode::kInvalidArgument, message, [&] {
      Moved(copy.model(), *in == '\0' ? std::vector<std::string>() : std::vector<std::string>{in},
            *out == '\0' ? std::vector<std::string>() : std::vector<std::string>{out});
    });
  };
  expect(Small(), "a", "", "'a', which is no input of the model. There are 'x'");
  expect(Small(), "", "x", "'x', which is no output of the model. There are 'y', 'z'");
  GraphBuilder flat;
  flat.Input("x", DType::kFloat, {2, 3}).Output("y").Node("Relu", {"x"}, {"y"});
  expect(flat, "x", "", "which has 2 dimensions; expected 3 or more");
  expect(flat, "", "y", "whose dimensions are unknown");
  GraphBuilder through;
  through.Input("x", DType::kFloat, {1, 2, 3}).Output("x");
  expect(through, "x", "", "which is an output as well");
  expect(through, "", "x", "which no operator makes");
  GraphBuilder constant = Small();
  constant.Initializer("x", F32({1, 3, 4, 5}, std::vector<float>(60)));
  expect(constant, "x", "", "which is a constant");
}

}  // namespace
}  // namespace quantab
