// The official library's services on skeletons.
#include "core/onnx/official.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::ModelProto;
using onnx::TensorProto;

Model Read(const ModelProto& proto) { return ReadModel(SourceOf(proto.SerializeAsString())); }

const onnx::ValueInfoProto* FindValue(const ModelProto& proto, const std::string& name) {
  for (const auto& info : proto.graph().value_info()) {
    if (info.name() == name) return &info;
  }
  return nullptr;
}

std::string ShapeText(const onnx::ValueInfoProto& info) {
  std::string text;
  for (const auto& dim : info.type().tensor_type().shape().dim()) {
    if (!text.empty()) text += ",";
    text += dim.has_dim_param()   ? dim.dim_param()
            : dim.has_dim_value() ? std::to_string(dim.dim_value())
                                  : "?";
  }
  return text;
}

TEST(Official, CheckerAcceptsSkeletons) {
  std::string warning;
  EXPECT_EQ(CheckModel(Read(MatMulModel()), &warning), std::nullopt);
  EXPECT_EQ(warning, "");
}

TEST(Official, CheckerComplains) {
  ModelProto proto = MatMulModel();
  AddNode(*proto.mutable_graph(), "Relu", {"y", "x"}, {"z"}, "relu");
  const auto complaint = CheckModel(Read(proto));
  ASSERT_TRUE(complaint);
  EXPECT_THAT(*complaint, testing::HasSubstr("relu"));
  EXPECT_EQ(complaint->find('\n'), std::string::npos);
}

TEST(Official, NewerModelsAreNotChecked) {
  ModelProto proto = MatMulModel();
  proto.set_ir_version(NewestIrVersion() + 1);
  std::string warning;
  EXPECT_EQ(CheckModel(Read(proto), &warning), std::nullopt);
  EXPECT_EQ(warning, "'m.onnx' has IR version " + std::to_string(NewestIrVersion() + 1) +
                         ", newer than " + std::to_string(NewestIrVersion()) +
                         ", the newest known here. It was not checked.");
  proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(1000);
  EXPECT_EQ(CheckModel(Read(proto), &warning), std::nullopt);
  EXPECT_THAT(warning, testing::HasSubstr("version 1000 of operator set 'ai.onnx', newer than"));
}

TEST(Official, ShapesAreInferredWithDataPropagation) {
  // y [?,16] -> Reshape to (its own first dimension, 4, 4), computed by Shape, Gather, Concat.
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  graph->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_param("N");
  graph->clear_output();
  const auto int64s = [](const std::string& name, std::vector<int64_t> values) {
    return RawTensor(name, TensorProto::INT64, {static_cast<int64_t>(values.size())},
                     {reinterpret_cast<const char*>(values.data()), values.size() * 8});
  };
  *graph->add_initializer() = int64s("zero", {0});
  *graph->add_initializer() = int64s("four_four", {4, 4});
  AddNode(*graph, "Shape", {"y"}, {"s"});
  AddNode(*graph, "Gather", {"s", "zero"}, {"n"});
  AddNode(*graph, "Concat", {"n", "four_four"}, {"target"}).add_attribute()->CopyFrom([] {
    AttributeProto axis;
    axis.set_name("axis");
    axis.set_type(AttributeProto::INT);
    axis.set_i(0);
    return axis;
  }());
  AddNode(*graph, "Reshape", {"y", "target"}, {"r"});
  AddNode(*graph, "Relu", {"r"}, {"out"});
  onnx::ValueInfoProto out;
  out.set_name("out");
  out.mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::FLOAT);
  *graph->add_output() = out;

  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  const auto* y = FindValue(model.proto, "y");
  ASSERT_NE(y, nullptr);
  EXPECT_EQ(ShapeText(*y), "N,16");
  const auto* r = FindValue(model.proto, "r");
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(ShapeText(*r), "N,4,4");
  EXPECT_EQ(model.weights.size(), 1u);
  EXPECT_TRUE(IsDetached(model.proto.graph().initializer(0)));
}

// The official checker prints the names of experimental operators.
TEST(Official, NothingIsPrinted) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(7);
  AddNode(*proto.mutable_graph(), "Crop", {"y"}, {"z"}, "crop");
  auto* function = proto.add_functions();
  function->set_name("F");
  function->set_domain("f");
  function->add_input("a");
  *function->add_opset_import() = proto.opset_import(0);
  *function->add_node() = proto.graph().node(1);
  function->mutable_node(0)->set_input(0, "a");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(CheckModel(Read(proto)), std::nullopt);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Official, UnsortedGraphsAreInferredAndKeepTheirOrder) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  AddNode(*graph, "Relu", {"b"}, {"c"}, "third");
  AddNode(*graph, "Relu", {"a"}, {"b"}, "second");
  AddNode(*graph, "Relu", {"y"}, {"a"}, "first");
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  ASSERT_NE(FindValue(model.proto, "c"), nullptr);
  EXPECT_EQ(ShapeText(*FindValue(model.proto, "c")), "1,16");
  EXPECT_EQ(model.proto.graph().node(1).name(), "third");
  EXPECT_EQ(model.proto.graph().node(2).name(), "second");
  EXPECT_EQ(model.proto.graph().node(3).name(), "first");
}

TEST(Official, InferenceReturnsItsComplaint) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_domain("example");
  Model model = Read(proto);
  const auto complaint = InferShapes(model);
  ASSERT_TRUE(complaint);
  EXPECT_THAT(*complaint, testing::HasSubstr("No opset import for domain"));
}

ModelProto FunctionModel() {
  ModelProto proto = MatMulModel();
  auto* import = proto.add_opset_import();
  import->set_domain("example");
  import->set_version(1);
  auto* function = proto.add_functions();
  function->set_name("AddBias");
  function->set_domain("example");
  function->add_input("a");
  function->add_output("b");
  *function->add_opset_import() = proto.opset_import(0);
  onnx::GraphProto body;
  auto& constant = AddNode(body, "Constant", {}, {"c"});
  *AddAttribute(constant, "value", AttributeProto::TENSOR).mutable_t() =
      RawTensor("", TensorProto::FLOAT, {40, 16}, Pattern(2560, 7));
  AddNode(body, "Add", {"a", "c"}, {"b"});
  for (const auto& node : body.node()) *function->add_node() = node;
  auto* graph = proto.mutable_graph();
  AddNode(*graph, "AddBias", {"y"}, {"z"}, "call").set_domain("example");
  AddNode(*graph, "AddBias", {"z"}, {"q"}, "call2").set_domain("example");
  *graph->mutable_output(0) = FloatValue("q", {40, 16});
  return proto;
}

TEST(Official, FunctionsAreInlinedWithTheirWeights) {
  Model model = Read(FunctionModel());
  ASSERT_EQ(model.weights.size(), 2u);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  InlineFunctions(model);
  EXPECT_EQ(model.proto.functions_size(), 0);
  EXPECT_EQ(model.proto.graph().node_size(), 5);
  int constants = 0;
  ForEachTensor(std::as_const(model.proto), [&](const TensorProto& tensor) {
    if (ShapeOf(tensor) != Shape{40, 16}) return;
    ++constants;
    EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, tensor))), Pattern(2560, 7));
  });
  EXPECT_EQ(constants, 2);
  EXPECT_EQ(CheckModel(model), std::nullopt);
}

TEST(Official, VersionsAreConvertedWithTheirWeights) {
  for (int64_t from = 7; from < NewestOpset(); ++from) {
    SCOPED_TRACE(from);
    ModelProto proto = MatMulModel();
    proto.mutable_opset_import(0)->set_version(from);
    proto.set_ir_version(4);
    auto& constant = AddNode(*proto.mutable_graph(), "Constant", {}, {"c"});
    *AddAttribute(constant, "value", AttributeProto::TENSOR).mutable_t() =
        RawTensor("", TensorProto::FLOAT, {400}, Pattern(1600, 5));
    auto* prop = proto.add_metadata_props();
    prop->set_key("author");
    prop->set_value("me");
    Model model = Read(proto);
    ConvertVersion(model, NewestOpset());
    EXPECT_EQ(OpsetVersion(model.proto), NewestOpset());
    EXPECT_EQ(CheckModel(model), std::nullopt);
    EXPECT_EQ(model.proto.metadata_props_size(), 1);
    int found = 0;
    ForEachTensor(std::as_const(model.proto), [&](const TensorProto& tensor) {
      ++found;
      const bool is_weight = tensor.name() == "w";
      EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, tensor))),
                is_weight ? Pattern(2048) : Pattern(1600, 5));
    });
    EXPECT_EQ(found, 2);
  }
}

// Converting Pad makes initializers of its attributes, which models of IR version 3 must also have
// as inputs.
TEST(Official, ConversionRaisesTheIrVersion) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(7);
  proto.set_ir_version(3);
  auto* graph = proto.mutable_graph();
  *graph->add_input() = FloatValue("w", {32, 16});
  auto& pad = AddNode(*graph, "Pad", {"y"}, {"p"});
  auto& pads = AddAttribute(pad, "pads", AttributeProto::INTS);
  for (const int64_t value : {0, 1, 0, 1}) pads.add_ints(value);
  *graph->mutable_output(0) = FloatValue("p", {1, 18});
  Model model = Read(proto);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  ConvertVersion(model, 21);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(model.proto.ir_version(), 4);
}

TEST(Official, NothingToConvertIsNoError) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_domain("example");
  proto.mutable_graph()->mutable_node(0)->set_domain("example");
  Model model = Read(proto);
  ConvertVersion(model, NewestOpset());
  EXPECT_EQ(OpsetVersion(model.proto, "example"), 21);
  EXPECT_EQ(OpsetVersion(model.proto), 0);
}

TEST(Official, ConversionInlinesFunctionsFirst) {
  ModelProto proto = FunctionModel();
  proto.mutable_opset_import(0)->set_version(17);
  *proto.mutable_functions(0)->mutable_opset_import(0) = proto.opset_import(0);
  Model model = Read(proto);
  ConvertVersion(model, 21);
  EXPECT_EQ(OpsetVersion(model.proto), 21);
  EXPECT_EQ(model.proto.graph().node_size(), 5);
  EXPECT_EQ(CheckModel(model), std::nullopt);
}

TEST(Official, FailedConversionsSayWhyAndChangeNothing) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(12);
  AddNode(*proto.mutable_graph(), "NoSuchOperator", {"y"}, {"z"}, "odd");
  Model model = Read(proto);
  const std::string before = model.proto.SerializeAsString();
  EXPECT_EQ(ErrorOf([&] { ConvertVersion(model, 21); }),
            "Unsupported: 'm.onnx' cannot be converted to operator set 21: it has no operator "
            "'NoSuchOperator' in version 12. Export the model with that operator set instead.");
  EXPECT_TRUE(model.proto.SerializeAsString() == before);
  EXPECT_EQ(ErrorOf([&] { ConvertVersion(model, 1000); }),
            "InvalidArgument: Operator set '1000' is not known, expected 1 to " +
                std::to_string(NewestOpset()) + ".");
}

// The reader's bound on nesting is what a WebAssembly module's stack of 1 MB has to carry.
TEST(Official, TheDeepestGraphsFitTheStack) {
  const auto bool_value = [](const std::string& name) {
    onnx::ValueInfoProto info = FloatValue(name, {});
    info.mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::BOOL);
    return info;
  };
  constexpr int kDepth = 39;
  onnx::GraphProto graph;
  graph.set_name("innermost");
  AddNode(graph, "Not", {"c"}, {"v0"});
  *graph.add_output() = bool_value("v0");
  for (int i = 1; i <= kDepth; ++i) {
    const std::string value = "v" + std::to_string(i);
    onnx::GraphProto outer;
    outer.set_name("at" + std::to_string(i));
    auto& branch = AddNode(outer, "If", {"c"}, {value});
    *AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g() = std::move(graph);
    auto* other = AddAttribute(branch, "else_branch", AttributeProto::GRAPH).mutable_g();
    other->set_name("else" + std::to_string(i));
    AddNode(*other, "Identity", {"c"}, {"e" + std::to_string(i)});
    *other->add_output() = bool_value("e" + std::to_string(i));
    *outer.add_output() = bool_value(value);
    graph = std::move(outer);
  }
  ModelProto proto = EmptyModel(17, 8);
  *graph.add_input() = bool_value("c");
  *proto.mutable_graph() = std::move(graph);

  Model model = Read(proto);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  InlineFunctions(model);
  ConvertVersion(model, 21);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  const std::string text = WriteToString(model);
  EXPECT_EQ(WriteToString(ReadModel(SourceOf(text))), text);
}

TEST(Official, SparseInitializersAreNotLostInConversion) {
  ModelProto proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(17);
  auto* sparse = proto.mutable_graph()->add_sparse_initializer();
  *sparse->mutable_values() = RawTensor("s", TensorProto::FLOAT, {1}, "abcd");
  *sparse->mutable_indices() = RawTensor("", TensorProto::INT64, {1}, std::string(8, 0));
  sparse->add_dims(4);
  Model model = Read(proto);
  EXPECT_EQ(ErrorOf([&] { ConvertVersion(model, 21); }),
            "Unsupported: 'm.onnx' cannot be converted to operator set 21: it has sparse "
            "initializers. Export the model with that operator set instead.");
}

}  // namespace
}  // namespace quantab
