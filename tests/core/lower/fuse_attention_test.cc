// Attention that is written out becomes one operator, and gives what the file's own graph gives, up
// to the stated tolerance: results are means of values from -1 to 1.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

constexpr double kTolerance = 2e-6;
constexpr int64_t kTokens = 70, kHeads = 3, kSize = 9, kValueSize = 6;

enum class Scaled { kDiv, kMulFirst, kOperands, kNot };

struct Form {
  Scaled scaled = Scaled::kDiv;
  bool mask = false;
  bool mask_first = false;
  int64_t opset = 17;
  std::vector<int64_t> y_perm = {0, 2, 1, 3};
  std::string also = {};  // an inner value that is an output too
  DType type = DType::kFloat;
};

using Perm = std::vector<int64_t>;

Model AttentionModel(const Form& form) {
  GraphBuilder b(form.opset);
  b.Input("q", form.type, {2, kTokens, kHeads, kSize})
      .Input("k", form.type, {2, 50, kHeads, kSize});
  b.Input("v", form.type, {2, 50, kHeads, kValueSize}).Output("y", form.type);
  if (form.mask) b.Input("mask", form.type, {2, 1, 1, 50});
  if (!form.also.empty()) b.Output(form.also, form.type);
  b.Initializer("root", F32({}, {3})).Initializer("third", F32({}, {1 / 3.f}));
  b.Node("Transpose", {"q"}, {"qt"}, {{"perm", Perm{0, 2, 1, 3}}});
  std::string q = "qt", k = "kt";
  if (form.scaled == Scaled::kOperands) {
    b.Node("Mul", {"third", "qt"}, {"qs"});
    b.Node("Transpose", {"k"}, {"k1"}, {{"perm", Perm{0, 2, 1, 3}}});
    b.Node("Transpose", {"k1"}, {"k2"}, {{"perm", Perm{0, 1, 3, 2}}});
    b.Node("Div", {"k2", "root"}, {"kt"});
    q = "qs";
  } else {
    b.Node("Transpose", {"k"}, {"kt"}, {{"perm", Perm{0, 2, 3, 1}}});
  }
  b.Node("Transpose", {"v"}, {"vt"}, {{"perm", Perm{0, 2, 1, 3}}});
  b.Node("MatMul", {q, k}, {"product"});
  std::string scores = "product";
  if (form.scaled == Scaled::kDiv) b.Node("Div", {"product", "root"}, {"scores"});
  if (form.scaled == Scaled::kMulFirst) b.Node("Mul", {"third", "product"}, {"scores"});
  if (form.scaled <= Scaled::kMulFirst) scores = "scores";
  if (form.mask) {
    b.Node("Add",
           form.mask_first ? std::vector<std::string>{"mask", scores}
                           : std::vector<std::string>{scores, "mask"},
           {"masked"});
    scores = "masked";
  }
  b.Node("Softmax", {scores}, {"p"}, {{"axis", form.opset < 13 ? 3 : -1}});
  b.Node("MatMul", {"p", "vt"}, {"mixed"});
  b.Node("Transpose", {"mixed"}, {"y"}, {{"perm", form.y_perm}});
  return b.model();
}

TensorMap Inputs(bool mask) {
  TensorMap inputs = {{"q", Random({2, kTokens, kHeads, kSize}, 1, -2, 2)},
                      {"k", Random({2, 50, kHeads, kSize}, 2, -2, 2)},
                      {"v", Random({2, 50, kHeads, kValueSize}, 3)}};
  if (mask) inputs["mask"] = Random({2, 1, 1, 50}, 4, -3, 0);
  return inputs;
}

TEST(FuseAttention, InEveryFormExportersWrite) {
  for (const Scaled scaled : {Scaled::kDiv, Scaled::kMulFirst, Scaled::kOperands}) {
    for (const bool mask : {false, true}) {
      for (const int64_t opset : {11, 17}) {
        const Model model = AttentionModel({scaled, mask, opset == 11, opset});
        EXPECT_EQ(LoweredOps(model), (Ops{"HeadAttention"}));
        EXPECT_LE(StepsApart(model, Inputs(mask), kTolerance), 1);
      }
    }
  }
}

TEST(FuseAttention, AMaskThatIsAProductItself) {
  Form form{.mask = true, .mask_first = true};
  Model model = AttentionModel(form);
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    if (node.op_type() == "Add") node.set_input(0, "tripled");
  }
  *graph.add_node() = MakeNode("Mul", "", "triple", {"mask", "root"}, "tripled");
  EXPECT_EQ(LoweredOps(model), (Ops{"HeadAttention", "Mul"}));
  EXPECT_LE(StepsApart(model, Inputs(true), kTolerance), 1);
}

TEST(FuseAttention, RowsWhoseKeysAreAllMaskedAreAsWritten) {
  const Model model = AttentionModel({.mask = true});
  TensorMap inputs = Inputs(true);
  std::fill_n(inputs["mask"].mutable_data<float>(), 50, -std::numeric_limits<float>::infinity());
  Session session(model);
  const Tensor y = session.Run(inputs)["y"];
  EXPECT_TRUE(std::isnan(y.data<float>()[0]));
  EXPECT_FALSE(std::isnan(y.data<float>()[y.count() - 1]));
}

TEST(FuseAttention, HeadsBroadcast) {
  GraphBuilder b;
  b.Input("q", DType::kFloat, {2, 5, 4, 8}).Input("k", DType::kFloat, {1, 6, 1, 8});
  b.Input("v", DType::kFloat, {6, 7}).Output("y");
  b.Initializer("two", F32({}, {2}));
  b.Node("Transpose", {"q"}, {"qt"}, {{"perm", Perm{0, 2, 1, 3}}});
  b.Node("Transpose", {"k"}, {"kt"}, {{"perm", Perm{0, 2, 3, 1}}});
  b.Node("MatMul", {"qt", "kt"}, {"s"}).Node("Div", {"s", "two"}, {"d"});
  b.Node("Softmax", {"d"}, {"p"}).Node("MatMul", {"p", "v"}, {"m"});
  b.Node("Transpose", {"m"}, {"y"}, {{"perm", Perm{0, 2, 1, 3}}});
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"HeadAttention"}));
  const TensorMap inputs = {
      {"q", Random({2, 5, 4, 8}, 1)}, {"k", Random({1, 6, 1, 8}, 2)}, {"v", Random({6, 7}, 3)}};
  EXPECT_LE(StepsApart(b.model(), inputs, kTolerance), 1);
}

TEST(FuseAttention, InnerValuesThatAreWantedStay) {
  for (const char* value : {"product", "scores", "masked", "p", "mixed"}) {
    const Ops ops = LoweredOps(AttentionModel({.mask = true, .also = value}));
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "HeadAttention"), 0) << value;
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "MatMul"), 2) << value;
  }
  const Model model = AttentionModel({.also = "qt"});
  EXPECT_EQ(LoweredOps(model), (Ops{"HeadAttention", "Transpose"}));
  EXPECT_LE(StepsApart(model, Inputs(false), kTolerance), 1);
}

TEST(FuseAttention, OtherFormsStay) {
  const Form forms[] = {{.scaled = Scaled::kNot},  // of an unknown type
                        {.y_perm = {0, 2, 3, 1}},  // elements of a head are apart
                        {.type = DType::kFloat16}};
  for (const Form& form : forms) {
    Model model = AttentionModel(form);
    if (form.type == DType::kFloat16) {
      for (onnx::TensorProto& tensor : *model.proto.mutable_graph()->mutable_initializer()) {
        tensor.set_data_type(onnx::TensorProto::FLOAT16);
        tensor.set_raw_data(std::string(2, '\1'));
      }
    }
    const Ops ops = LoweredOps(model);
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "HeadAttention"), 0);
  }
}

TEST(FuseAttention, NoQueriesNoKeysAndNoHeads) {
  for (const int64_t batch : {0, 2}) {
    for (const int64_t keys : {0, 3}) {
      GraphBuilder b;
      b.Input("q", DType::kFloat, {batch, 4, 2, 5}).Input("k", DType::kFloat, {batch, keys, 2, 5});
      b.Output("y").Initializer("two", F32({}, {2}));
      b.Node("Transpose", {"q"}, {"qt"}, {{"perm", Perm{0, 2, 1, 3}}});
      b.Node("Transpose", {"k"}, {"kt"}, {{"perm", Perm{0, 2, 3, 1}}});
      b.Node("Transpose", {"k"}, {"vt"}, {{"perm", Perm{0, 2, 1, 3}}});
      b.Node("MatMul", {"qt", "kt"}, {"s"}).Node("Div", {"s", "two"}, {"d"});
      b.Node("Softmax", {"d"}, {"p"}).Node("MatMul", {"p", "vt"}, {"m"});
      b.Node("Transpose", {"m"}, {"y"}, {{"perm", Perm{0, 2, 1, 3}}});
      EXPECT_EQ(LoweredOps(b.model()), (Ops{"HeadAttention"}));
      const TensorMap inputs = {{"q", Random({batch, 4, 2, 5}, 1)},
                                {"k", Random({batch, keys, 2, 5}, 2)}};
      EXPECT_LE(StepsApart(b.model(), inputs, kTolerance), 1);
    }
  }
}

}  // namespace
}  // namespace quantab
