// Damages sound models in thousands of ways, the same ones on every run, and expects either a model
// that can be written again, or one Error.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "tests/core/onnx/model_testing.h"
#include "tests/fuzz/read_model_fuzz.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::ModelProto;
using onnx::TensorProto;

// A small model with something of everything the reader looks into.
ModelProto RichModel() {
  ModelProto proto = MatMulModel(16, 16);
  auto* graph = proto.mutable_graph();
  auto& branch = AddNode(*graph, "If", {"y"}, {"i"}, "if");
  auto* then = AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g();
  auto& constant = AddNode(*then, "Constant", {}, {"t"});
  *AddAttribute(constant, "value", AttributeProto::TENSOR).mutable_t() =
      RawTensor("", TensorProto::INT8, {1100}, Pattern(1100, 3));
  *then->add_output() = FloatValue("t", {1100});
  TensorProto* typed = graph->add_initializer();
  typed->set_name("typed");
  typed->set_data_type(TensorProto::FLOAT);
  typed->add_dims(260);
  for (int i = 0; i < 260; ++i) typed->add_float_data(static_cast<float>(i));
  TensorProto* strings = graph->add_initializer();
  strings->set_name("strings");
  strings->set_data_type(TensorProto::STRING);
  strings->add_dims(2);
  strings->add_string_data("a");
  strings->add_string_data("b");
  auto* sparse = graph->add_sparse_initializer();
  *sparse->mutable_values() = RawTensor("sp", TensorProto::FLOAT, {1}, "abcd");
  *sparse->mutable_indices() = RawTensor("", TensorProto::INT64, {1}, std::string(8, 0));
  auto* function = proto.add_functions();
  function->set_name("F");
  function->set_domain("f");
  function->add_input("a");
  function->add_output("b");
  *function->add_node() = graph->node(0);
  function->mutable_node(0)->set_input(0, "a");
  function->mutable_node(0)->set_input(1, "a");
  proto.mutable_unknown_fields()->append(std::string("\xbb\x3e\x08\x01\xbc\x3e", 6));
  return proto;
}

// Operators whose inferers look at attributes and constants.
ModelProto OperatorModel() {
  ModelProto proto = EmptyModel(18, 8);
  auto* graph = proto.mutable_graph();
  *graph->add_input() = FloatValue("x", {2, 3, 8, 8});
  const auto int64s = [&](const std::string& name, std::vector<int64_t> values) {
    *graph->add_initializer() =
        RawTensor(name, TensorProto::INT64, {static_cast<int64_t>(values.size())},
                  {reinterpret_cast<const char*>(values.data()), values.size() * 8});
  };
  const auto ints = [](onnx::NodeProto& node, const std::string& name,
                       const std::vector<int64_t>& values) {
    auto& attribute = AddAttribute(node, name, AttributeProto::INTS);
    attribute.mutable_ints()->Add(values.begin(), values.end());
  };
  const auto integer = [](onnx::NodeProto& node, const std::string& name, int64_t value) {
    AddAttribute(node, name, AttributeProto::INT).set_i(value);
  };
  int64s("zero", {0});
  int64s("one", {1});
  int64s("two", {2});
  int64s("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  AddNode(*graph, "Shape", {"x"}, {"s"});
  AddNode(*graph, "Slice", {"s", "zero", "two", "zero", "one"}, {"head"});
  integer(AddNode(*graph, "Gather", {"s", "one"}, {"c"}), "axis", 0);
  integer(AddNode(*graph, "Concat", {"head", "c", "one"}, {"target"}), "axis", 0);
  AddNode(*graph, "Mul", {"target", "two"}, {"doubled"});
  AddNode(*graph, "Expand", {"one", "target"}, {"expanded"});
  AddNode(*graph, "Reshape", {"x", "doubled"}, {"reshaped"});
  auto& split = AddNode(*graph, "Split", {"x"}, {"p", "q"});
  integer(split, "axis", 2);
  integer(split, "num_outputs", 2);
  auto& conv = AddNode(*graph, "Conv", {"p", "k"}, {"conv"});
  ints(conv, "kernel_shape", {3, 3});
  ints(conv, "strides", {1, 2});
  ints(conv, "pads", {1, 1, 1, 1});
  *graph->add_initializer() =
      RawTensor("k", TensorProto::FLOAT, {4, 3, 3, 3}, Pattern(4 * 3 * 3 * 3 * 4));
  auto& pool = AddNode(*graph, "MaxPool", {"conv"}, {"pool"});
  ints(pool, "kernel_shape", {2, 2});
  integer(pool, "ceil_mode", 1);
  ints(AddNode(*graph, "Transpose", {"q"}, {"t"}), "perm", {0, 2, 1, 3});
  AddAttribute(AddNode(*graph, "Einsum", {"q", "t"}, {"e"}), "equation", AttributeProto::STRING)
      .set_s("bchw,bhcw->bc");
  AddNode(*graph, "Unsqueeze", {"e", "one"}, {"u"});
  AddNode(*graph, "Squeeze", {"u", "one"}, {"v"});
  AddNode(*graph, "Pad", {"x", "pads"}, {"padded"});
  integer(AddNode(*graph, "TopK", {"x", "two"}, {"values", "indices"}), "axis", 1);
  AddNode(*graph, "Tile", {"v", "head"}, {"tiled"});
  integer(AddNode(*graph, "Flatten", {"padded"}, {"flat"}), "axis", 2);
  ints(AddNode(*graph, "ReduceMean", {"flat"}, {"mean"}), "axes", {1});
  AddNode(*graph, "ConstantOfShape", {"target"}, {"filled"});
  integer(AddNode(*graph, "OneHot", {"indices", "two", "zero"}, {"hot"}), "axis", -1);
  integer(AddNode(*graph, "DepthToSpace", {"conv"}, {"space"}), "blocksize", 2);
  *graph->add_output() = FloatValue("tiled", {2, 3});
  return proto;
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(std::string text) {
    const uint32_t rounds = 1 + Below(3);
    for (uint32_t i = 0; i < rounds && !text.empty(); ++i) Once(text);
    return text;
  }

 private:
  uint32_t Below(size_t limit) { return static_cast<uint32_t>(random_() % limit); }

  void Once(std::string& text) {
    // Most mutations go to the structure: the payloads are where nothing can be wrong.
    const size_t at = Below(text.size());
    switch (Below(8)) {
      case 0:
        text[at] = static_cast<char>(Below(256));
        break;
      case 1:
        text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
        break;
      case 2:
        text.resize(at);
        break;
      case 3:
        text.erase(at, 1 + Below(16));
        break;
      case 4:
        text.insert(at, text.substr(Below(text.size()), Below(64)));
        break;
      case 5:
        text.insert(at, 1 + Below(9), '\xff');
        break;
      case 6:
        text[at] = '\x7f';
        break;
      default:
        text[at] = static_cast<char>(text[at] + 1 - 2 * static_cast<int>(Below(2)));
    }
  }

  std::mt19937 random_;
};

TEST(Mutation, ReaderSurvivesDamage) {
  const std::string seeds[] = {RichModel().SerializeAsString(), OperatorModel().SerializeAsString(),
                               MatMulModel(2, 2).SerializeAsString(),
                               MatMulModel(32, 16).SerializeAsString()};
  constexpr uint32_t kRuns = 6000;
  int accepted_count = 0;
  for (uint32_t seed = 0; seed < kRuns; ++seed) {
    const std::string text = Mutator(seed).Mutate(seeds[seed % std::size(seeds)]);
    bool accepted = false;
    ASSERT_TRUE(FuzzReadModel(std::as_bytes(std::span(text)), accepted)) << "seed " << seed;
    accepted_count += accepted;
  }
  std::printf("%d of %u damaged models could still be read.\n", accepted_count, kRuns);
  // Both outcomes must be common, or the mutations are too weak or too strong to find anything.
  EXPECT_GT(accepted_count, 500);
  EXPECT_LT(accepted_count, 5500);
}

TEST(Mutation, TheSeedsAreModels) {
  for (const ModelProto& proto : {RichModel(), OperatorModel()}) {
    bool accepted = false;
    const std::string text = proto.SerializeAsString();
    EXPECT_TRUE(FuzzReadModel(std::as_bytes(std::span(text)), accepted));
    EXPECT_TRUE(accepted);
  }
}

}  // namespace
}  // namespace quantab
