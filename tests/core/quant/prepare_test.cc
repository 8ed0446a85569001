#include "core/quant/prepare.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/error.h"
#include "tests/core/onnx/model_testing.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

// Of several initializers of one name the last counts, and the others do not live on in the result.
TEST(Prepare, OverriddenInitializersGo) {
  onnx::ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  *graph->add_initializer() = RawTensor("other", onnx::TensorProto::FLOAT, {300}, Pattern(1200, 3));
  *graph->add_initializer() = RawTensor("w", onnx::TensorProto::FLOAT, {32, 16}, Pattern(2048, 2));
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  StaticOptions options;
  const Model prepared = PrepareModel(model, options);
  ASSERT_EQ(prepared.proto.graph().initializer_size(), 2);
  EXPECT_EQ(prepared.proto.graph().initializer(0).name(), "other");
  const onnx::TensorProto& w = prepared.proto.graph().initializer(1);
  EXPECT_EQ(TextOf(LoadBlob(*BytesOf(prepared, w))), Pattern(2048, 2));
}

// Nobody knows what became of its operator.
Model Inconvertible() {
  QuantGraphBuilder b(12);
  b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("z", {2, 2});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  b.Node("NoSuchOperator", {"y"}, {"z"}, "b");
  return b.model();
}

TEST(Prepare, OperatorSetsThatTypesNeed) {
  const auto version = [](int64_t opset, const StaticOptions& given) {
    QuantGraphBuilder b(opset);
    b.Input("x", {2, 2}).Weight("w", {2, 2}).Output("y", {2, 2});
    b.Node("MatMul", {"x", "w"}, {"y"}, "a");
    StaticOptions options = given;
    return OpsetVersion(PrepareModel(b.model(), options).proto);
  };
  StaticOptions options;
  EXPECT_EQ(version(9, options), 11);
  EXPECT_EQ(version(10, options), 10);
  options.per_channel = true;
  EXPECT_EQ(version(12, options), 13);
  options.use_qdq_contrib_ops = true;
  EXPECT_EQ(version(12, options), 12);
  options.weight_type = QuantType::kQInt4;
  options.use_qdq_contrib_ops = false;
  EXPECT_EQ(version(12, options), 12);
  options.weight_type = QuantType::kQInt16;
  EXPECT_EQ(version(12, options), 21);
  EXPECT_EQ(version(22, options), 22);
  options.activation_type = options.weight_type = QuantType::kQFloat8E4M3FN;
  EXPECT_EQ(version(12, options), 19);
  options.block_size = 4;
  EXPECT_EQ(version(12, options), 21);
}

// Resize of operator set 10 has asymmetric coordinates that are cut off; in later ones that has to
// be said.
TEST(Prepare, ResizeKeepsItsCoordinates) {
  QuantGraphBuilder b(10);
  b.Input("x", {2, 2}).Weight("w", {2, 4}).Weight("scales", {2}, {1, 2}).Output("z", {2, 8});
  b.Node("MatMul", {"x", "w"}, {"y"}, "a");
  b.Node("Resize", {"y", "scales"}, {"z"}, "b");
  StaticOptions options;
  options.activation_type = options.weight_type = QuantType::kQInt16;
  const Model prepared = PrepareModel(b.model(), options);
  const onnx::NodeProto* resize = MakerOf(prepared, "z");
  ASSERT_NE(resize, nullptr);
  std::map<std::string, std::string> attributes;
  for (const auto& attribute : resize->attribute()) attributes[attribute.name()] = attribute.s();
  EXPECT_EQ(attributes["coordinate_transformation_mode"], "asymmetric");
  EXPECT_EQ(attributes["nearest_mode"], "floor");
}

TEST(Prepare, SixteenBitsWhereTheModelCannotBeConverted) {
  StaticOptions options;
  options.activation_type = options.weight_type = QuantType::kQInt16;
  Warnings warnings;
  const Model model = Static(Inconvertible(), options, &warnings);
  EXPECT_TRUE(warnings.Mention("com.microsoft")) << warnings.text;
  EXPECT_EQ(OpsetVersion(model.proto), 12);
  EXPECT_EQ(MakerOf(model, "w_DequantizeLinear_Output")->domain(), "com.microsoft");
}

TEST(Prepare, ChannelsWhereTheModelCannotBeConverted) {
  StaticOptions options;
  options.per_channel = true;
  Warnings warnings;
  const Model model = Static(Inconvertible(), options, &warnings);
  EXPECT_TRUE(warnings.Mention("one scale each")) << warnings.text;
  EXPECT_EQ(ElementsOf<float>(model, "w_scale").size(), 1u);
}

TEST(Prepare, BlocksWhereTheModelCannotBeConverted) {
  StaticOptions options;
  options.block_size = 2;
  EXPECT_THROW(PrepareModel(Inconvertible(), options), Error);
}

}  // namespace
}  // namespace quantab
