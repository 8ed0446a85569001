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
  const std::string seeds[] = {RichModel().SerializeAsString(),
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

TEST(Mutation, TheSeedIsAModel) {
  bool accepted = false;
  const std::string text = RichModel().SerializeAsString();
  EXPECT_TRUE(FuzzReadModel(std::as_bytes(std::span(text)), accepted));
  EXPECT_TRUE(accepted);
}

}  // namespace
}  // namespace quantab
