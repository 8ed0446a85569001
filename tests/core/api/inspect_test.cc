// What a model is, as data, whatever its file claims.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/quantab.h"
#include "core/exec/check_inputs.h"
#include "tests/core/onnx/model_testing.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using onnx::ModelProto;
using onnx::TensorProto;
using testing::ElementsAre;

Model Read(const ModelProto& proto) { return ReadModel(SourceOf(proto.SerializeAsString())); }

TEST(Inspect, SumsDoNotOverflow) {
  ModelProto proto = MatMulModel();
  for (int i = 0; i < 3; ++i) {
    TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name("none" + std::to_string(i));
    tensor->add_dims(int64_t{1} << 62);  // without a type it needs no data
    proto.mutable_graph()->mutable_node(0)->add_input(tensor->name());
  }
  const ModelInfo info = Inspect(Read(proto));
  EXPECT_EQ(info.parameters, INT64_MAX);
  EXPECT_EQ(info.weight_bytes, 2048u);
  EXPECT_EQ(info.operators.at(0).parameters, INT64_MAX);
}

// More than a 32-bit machine could hold, which it can read all the same.
TEST(Inspect, WeightsMayBeLargerThanTheAddressSpace) {
  Model model = Read(MatMulModel());
  TensorProto* tensor = model.proto.mutable_graph()->mutable_initializer(0);
  const uint64_t size = uint64_t{5} << 30;
  tensor->clear_dims();
  tensor->add_dims(static_cast<int64_t>(size / 4));
  SetBytes(model, *tensor, MakeComputedBlob(size, [](uint64_t, std::span<std::byte>) {}));
  const ModelInfo info = Inspect(model);
  EXPECT_EQ(info.weight_bytes, size);
  EXPECT_EQ(info.parameters, static_cast<int64_t>(size / 4));
  EXPECT_EQ(info.operators.at(0).bytes, size);
  EXPECT_GT(info.file_bytes, size);
  EXPECT_EQ(info.file_bytes, FileBytes(model));
}

TEST(Inspect, TypesNarrowerThanAByteAreCountedPacked) {
  ModelProto proto = MatMulModel();
  *proto.mutable_graph()->add_initializer() =
      RawTensor("four", TensorProto::INT4, {3}, std::string(2, 0));
  *proto.mutable_graph()->add_initializer() =
      RawTensor("six", TensorProto::FLOAT6E3M2, {9}, std::string(7, 0));
  EXPECT_EQ(Inspect(Read(proto)).weight_bytes, 2048u + 2 + 7);
}

TEST(Inspect, TellsWhatIsNoTensor) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  const auto add = [&](const std::string& name) {
    auto* input = graph->add_input();
    input->set_name(name);
    return input->mutable_type();
  };
  auto* tensor = add("items")->mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type();
  tensor->set_elem_type(TensorProto::FLOAT);
  *add("maybe")->mutable_optional_type()->mutable_elem_type() = graph->input(0).type();
  add("table")->mutable_map_type()->set_key_type(TensorProto::INT64);
  const Model model = Read(proto);
  const ModelInfo info = Inspect(model);
  ASSERT_EQ(info.inputs.size(), 4u);
  EXPECT_EQ(info.inputs[0].kind, ValueType::kTensor);
  EXPECT_EQ(info.inputs[1].kind, ValueType::kSequence);
  EXPECT_EQ(info.inputs[1].dtype, "sequence");
  EXPECT_EQ(info.inputs[2].kind, ValueType::kOptional);
  EXPECT_EQ(info.inputs[3].kind, ValueType::kOther);
  EXPECT_EQ(info.inputs[3].dtype, "map");
  for (const InputInfo& input : InputsOf(model)) {
    if (input.type == ValueType::kTensor) continue;
    ExpectError(ErrorCode::kUnsupported, "Input '" + input.name + "' is ",
                [&] { RandomSample({input}); });
  }
}

// Both say the same of one input, and neither asks for what the file has.
TEST(Inspect, InputsAreDescribedInOneWay) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  auto* shape = graph->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape->mutable_dim(0)->set_dim_value(-1);
  *graph->add_input() = FloatValue("w", {32, 16});
  *graph->add_input() = FloatValue("sparse", {4});
  auto* sparse = graph->add_sparse_initializer();
  *sparse->mutable_values() = RawTensor("sparse", TensorProto::FLOAT, {1}, "abcd");
  *sparse->mutable_indices() = RawTensor("", TensorProto::INT64, {1}, std::string(8, 0));
  sparse->add_dims(4);
  const Model model = Read(proto);
  const ModelInfo info = Inspect(model);
  ASSERT_EQ(info.inputs.size(), 1u);
  EXPECT_EQ(info.inputs[0].name, "x");
  EXPECT_EQ(info.inputs[0].dtype, "float32");
  EXPECT_THAT(info.inputs[0].shape, ElementsAre("?", "32"));
  const std::vector<InputInfo> inputs = InputsOf(model);
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_THAT(inputs[0].shape, ElementsAre("?", "32"));
  const InputCheck check = DescribeInputs(model.proto.graph());
  ASSERT_EQ(check.required.size(), 1u);
  EXPECT_THAT(check.required[0].shape, ElementsAre("?", "32"));
  ASSERT_EQ(check.optional.size(), 2u);
}

}  // namespace
}  // namespace quantab
