// Fixed sizes for dimensions of inputs; expected shapes and errors by hand.
#include "core/passes/pre_process.h"
#include "core/passes/steps.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr DType kFloat = DType::kFloat;

// "[2,n,?]", or "no shape".
std::string ShapeText(const onnx::ValueInfoProto& info) {
  if (!info.type().tensor_type().has_shape()) return "no shape";
  std::string text;
  for (const auto& dim : info.type().tensor_type().shape().dim()) {
    text += text.empty() ? "[" : ",";
    text += dim.has_dim_value()       ? std::to_string(dim.dim_value())
            : dim.dim_param().empty() ? "?"
                                      : dim.dim_param();
  }
  return text + "]";
}

// a [batch,seq,?] + b [batch,seq,8] -> y
GraphBuilder SumModel() {
  GraphBuilder b;
  b.Input("a", kFloat, {"batch", "seq", ""}).Input("b", kFloat, {"batch", "seq", 8});
  b.Node("Add", {"a", "b"}, {"y"}).Output("y", kFloat);
  auto& shape =
      *b.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.add_dim()->set_dim_param("batch");
  shape.add_dim()->set_dim_param("seq");
  shape.add_dim();
  return b;
}

Model Fixed(GraphBuilder builder, const PreProcessOptions& options) {
  Model model = builder.model();
  FixDimensions(model, options);
  return model;
}

TEST(FixDimensions, ByName) {
  PreProcessOptions options;
  options.dim_params = {{"batch", 2}};
  const Model model = Fixed(SumModel(), options);
  EXPECT_EQ(ShapeText(model.proto.graph().input(0)), "[2,seq,?]");
  EXPECT_EQ(ShapeText(model.proto.graph().input(1)), "[2,seq,8]");
  EXPECT_EQ(ShapeText(model.proto.graph().output(0)), "[2,seq,?]");
}

TEST(FixDimensions, ByInputGivesTheOthersTheSameNames) {
  PreProcessOptions options;
  options.input_shapes = {{"a", {2, 5, 8}}};
  const Model model = Fixed(SumModel(), options);
  EXPECT_EQ(ShapeText(model.proto.graph().input(0)), "[2,5,8]");
  EXPECT_EQ(ShapeText(model.proto.graph().input(1)), "[2,5,8]");
  EXPECT_EQ(ShapeText(model.proto.graph().output(0)), "[2,5,?]");
}

TEST(FixDimensions, OutputsFollowWhenTheModelIsPreProcessed) {
  PreProcessOptions options;
  options.input_shapes = {{"a", {2, 5, 8}}};
  const PreProcessed done = PreProcess(SumModel().model(), options);
  EXPECT_EQ(ShapeText(done.model.proto.graph().output(0)), "[2,5,8]");
}

TEST(FixDimensions, ShapesThatAreWrongNowAreForgotten) {
  // The file says that both y and the value before it have a batch of one.
  GraphBuilder b;
  b.Input("x", kFloat, {"batch", 3}).Output("y", kFloat);
  b.Node("Relu", {"x"}, {"a"}).Node("Neg", {"a"}, {"y"});
  onnx::ValueInfoProto one = b.graph().input(0);
  one.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_value(1);
  *b.graph().add_value_info() = one;
  b.graph().mutable_value_info(0)->set_name("a");
  *b.graph().mutable_output(0) = one;
  b.graph().mutable_output(0)->set_name("y");
  PreProcessOptions options;
  options.dim_params = {{"batch", 4}};
  const PreProcessed done = PreProcess(b.model(), options);
  ASSERT_EQ(done.model.proto.graph().value_info_size(), 1);
  EXPECT_EQ(ShapeText(done.model.proto.graph().value_info(0)), "[4,3]");
  EXPECT_EQ(ShapeText(done.model.proto.graph().output(0)), "[4,3]");
}

TEST(FixDimensions, SizesBelowOneBecomeUnknown) {
  GraphBuilder b = SumModel();
  b.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(2)
      ->set_dim_value(-1);
  PreProcessOptions options;
  options.input_shapes = {{"a", {1, 1, 8}}};
  EXPECT_EQ(ShapeText(Fixed(b, options).proto.graph().input(0)), "[1,1,8]");
}

TEST(FixDimensions, InputsWithoutAShapeGetOne) {
  GraphBuilder b;
  b.Input("x", kFloat, {}).Output("y", kFloat).Node("Relu", {"x"}, {"y"});
  b.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  PreProcessOptions options;
  options.input_shapes = {{"x", {1, 2}}};
  EXPECT_EQ(ShapeText(Fixed(b, options).proto.graph().input(0)), "[1,2]");
}

TEST(FixDimensions, Errors) {
  const auto expect = [](const std::string& part, const PreProcessOptions& options) {
    ExpectError(ErrorCode::kInvalidArgument, part, [&] { Fixed(SumModel(), options); });
  };
  PreProcessOptions options;
  options.dim_params = {{"bath", 1}};
  expect("'batch', 'seq'", options);
  options.dim_params = {{"batch", 0}};
  expect("'batch': 0", options);
  options.dim_params = {{"batch", 3}};
  options.input_shapes = {{"b", {2, 1, 8}}};
  expect("dimension 0 is 3", options);
  options.dim_params = {};
  options.input_shapes = {{"c", {1}}};
  expect("'a', 'b'", options);
  options.input_shapes = {{"a", {1, 2}}};
  expect("3 dimensions", options);
  options.input_shapes = {{"b", {1, 2, 7}}};
  expect("8 in the model", options);
  options.input_shapes = {{"b", {1, -2, 8}}};
  expect("-2", options);

  GraphBuilder sequence;
  sequence.Output("y", DType::kInt64).Node("SequenceLength", {"s"}, {"y"});
  auto& input = *sequence.graph().add_input();
  input.set_name("s");
  input.mutable_type()
      ->mutable_sequence_type()
      ->mutable_elem_type()
      ->mutable_tensor_type()
      ->set_elem_type(1);
  options.input_shapes = {{"s", {1}}};
  ExpectError(ErrorCode::kInvalidArgument, "no tensor", [&] { Fixed(sequence, options); });
}

}  // namespace
}  // namespace quantab
