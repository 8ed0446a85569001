// Reshape, Squeeze, Unsqueeze, Transpose, Relu with Clip, and MatMul with Add. Expected values come
// from running the model as it was.
#include <limits>

#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

GraphBuilder Chain(const Shape& x, const std::string& first, const std::string& second) {
  GraphBuilder builder;
  std::vector<Dim> dims(x.begin(), x.end());
  builder.Input("x", DType::kFloat, dims);
  builder.Node(first, {"x"}, {"t"}, {}, "first").Node(second, {"t"}, {"y"}, {}, "second");
  builder.Output("y", DType::kFloat);
  return builder;
}

// Constants as second inputs of the chain's nodes.
GraphBuilder Chain(const Shape& x, const std::string& first, const std::vector<int64_t>& a,
                   const std::string& second, const std::vector<int64_t>& b) {
  GraphBuilder builder = Chain(x, first, second);
  builder.Initializer("a", I64({static_cast<int64_t>(a.size())}, a));
  builder.Initializer("b", I64({static_cast<int64_t>(b.size())}, b));
  builder.graph().mutable_node(0)->add_input("a");
  builder.graph().mutable_node(1)->add_input("b");
  return builder;
}

TEST(FuseReshape, TheLastShapeCounts) {
  ExpectFused(Chain({2, 3, 4}, "Reshape", {6, 4}, "Reshape", {-1, 8}).model(), "fuse_reshape",
              {"Reshape"});
  ExpectFused(Chain({2, 1, 4}, "Squeeze", {1}, "Reshape", {4, 2}).model(), "fuse_reshape",
              {"Reshape"});
  ExpectFused(Chain({2, 4}, "Unsqueeze", {0}, "Reshape", {8}).model(), "fuse_reshape", {"Reshape"});
}

TEST(FuseReshape, LeavesShapesThatCopyDimensions) {
  GraphBuilder builder = Chain({2, 3, 4}, "Reshape", {6, 4}, "Reshape", {0, 2, 2});
  ExpectKept(builder.model(), "fuse_reshape");
  *builder.graph().mutable_node(1)->add_attribute() = Attr("allowzero", 1).proto();
  Model model = builder.model();
  EXPECT_TRUE(RunPass(model, "fuse_reshape"));  // there a 0 is a 0
  GraphBuilder seen = Chain({2, 3, 4}, "Reshape", {6, 4}, "Reshape", {24});
  seen.Output("t", DType::kFloat);
  ExpectKept(seen.model(), "fuse_reshape");
}

TEST(FuseSqueezeUnsqueeze, Undo) {
  const char* pass = "fuse_squeeze_unsqueeze";
  ExpectFused(Chain({2, 1, 4, 1}, "Squeeze", {3, 1}, "Unsqueeze", {1, 3}).model(), pass,
              {"Identity"});
  ExpectFused(Chain({2, 4}, "Unsqueeze", {-1, 0}, "Squeeze", {0, -1}).model(), pass, {"Identity"});
  ExpectKept(Chain({2, 1, 4}, "Squeeze", {1}, "Unsqueeze", {0}).model(), pass);
  ExpectKept(Chain({2, 1, 4}, "Squeeze", {1}, "Unsqueeze", {-2}).model(), pass);
  GraphBuilder old = Chain({2, 4}, "Unsqueeze", "Squeeze");
  old.model().proto.mutable_opset_import(0)->set_version(11);
  for (auto& node : *old.graph().mutable_node()) {
    *node.add_attribute() = Attr("axes", std::vector<int64_t>{1}).proto();
  }
  ExpectFused(old.model(), pass, {"Identity"});
  GraphBuilder seen = Chain({2, 1, 4}, "Squeeze", {1}, "Unsqueeze", {1});
  seen.Output("t", DType::kFloat);
  ExpectFused(seen.model(), pass, {"Squeeze", "Identity"});
}

GraphBuilder Transposes(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  GraphBuilder builder = Chain({2, 3, 4}, "Transpose", "Transpose");
  if (!a.empty()) *builder.graph().mutable_node(0)->add_attribute() = Attr("perm", a).proto();
  if (!b.empty()) *builder.graph().mutable_node(1)->add_attribute() = Attr("perm", b).proto();
  return builder;
}

TEST(FuseTranspose, OneDoes) {
  const char* pass = "fuse_transpose";
  ExpectFused(Transposes({1, 2, 0}, {1, 0, 2}).model(), pass, {"Transpose"});
  ExpectFused(Transposes({1, 2, 0}, {1, 2, 0}).model(), pass, {"Transpose"});
  ExpectFused(Transposes({}, {1, 2, 0}).model(), pass, {"Transpose"});
  ExpectFused(Transposes({1, 2, 0}, {2, 0, 1}).model(), pass, {"Identity"});
  ExpectFused(Transposes({}, {}).model(), pass, {"Identity"});
  ExpectKept(Transposes({1, 2, 0}, {1, 0}).model(), pass);
  ExpectKept(Transposes({1, 2, 0}, {1, 1, 5}).model(), pass);
  GraphBuilder seen = Transposes({1, 2, 0}, {1, 0, 2});
  seen.Output("t", DType::kFloat);
  ExpectKept(seen.model(), pass);
}

TEST(FuseReluClip, TakesTheLargerMinimum) {
  const char* pass = "fuse_relu_clip";
  const auto clip = [](std::vector<float> bounds) {
    GraphBuilder builder = Chain({3, 4}, "Relu", "Clip");
    for (size_t i = 0; i < bounds.size(); ++i) {
      const std::string name = "bound" + std::to_string(i);
      builder.Initializer(name, F32({}, {bounds[i]}));
      builder.graph().mutable_node(1)->add_input(name);
    }
    return builder;
  };
  ExpectFused(clip({-1, 1}).model(), pass, {"Clip"});
  ExpectFused(clip({0.5, 1}).model(), pass, {"Clip"});
  ExpectFused(clip({-1}).model(), pass, {"Clip"});
  ExpectFused(clip({}).model(), pass, {"Clip"});
  GraphBuilder six = Chain({3, 4}, "Relu", "Clip");
  six.model().proto.mutable_opset_import(0)->set_version(10);
  *six.graph().mutable_node(1)->add_attribute() = Attr("max", 1.0f).proto();
  ExpectFused(six.model(), pass, {"Clip"});
  ExpectKept(clip({-2, -1}).model(), pass);
  ExpectKept(clip({-1, std::numeric_limits<float>::quiet_NaN()}).model(), pass);
  GraphBuilder computed = clip({-1, 1});
  computed.Input("bound0", DType::kFloat, {});
  ExpectKept(computed.model(), pass);
  GraphBuilder seen = clip({-1, 1});
  seen.Output("t", DType::kFloat);
  ExpectKept(seen.model(), pass);
}

GraphBuilder MatMulAdd(const Shape& x, const Tensor& b, bool constant_first = false) {
  GraphBuilder builder;
  std::vector<Dim> dims(x.begin(), x.end());
  builder.Input("x", DType::kFloat, dims);
  builder.Initializer("w", Noise({5, 4}, 1)).Initializer("b", b);
  builder.Node("MatMul", {"x", "w"}, {"t"}, {}, "matmul");
  builder.Node(
      "Add",
      constant_first ? std::vector<std::string>{"b", "t"} : std::vector<std::string>{"t", "b"},
      {"y"});
  builder.Output("y", DType::kFloat);
  return builder;
}

TEST(FuseMatmulAdd, BecomesGemm) {
  const char* pass = "fuse_matmul_add";
  ExpectFused(MatMulAdd({3, 5}, Noise({4}, 2)).model(), pass, {"Gemm"});
  ExpectFused(MatMulAdd({3, 5}, Noise({4}, 2), true).model(), pass, {"Gemm"});
  ExpectFused(MatMulAdd({3, 5}, Noise({1, 4}, 2)).model(), pass, {"Gemm"});
  for (const Shape& shape : {Shape{1}, Shape{}, Shape{3, 4}, Shape{3, 1}, Shape{1, 1, 4}}) {
    ExpectKept(MatMulAdd({3, 5}, Noise(shape, 2)).model(), pass);
  }
  ExpectKept(MatMulAdd({2, 3, 5}, Noise({4}, 2)).model(), pass);
  ExpectKept(MatMulAdd({5}, Noise({4}, 2)).model(), pass);
  GraphBuilder computed = MatMulAdd({3, 5}, Noise({4}, 2));
  computed.Input("b", DType::kFloat, {4});
  ExpectKept(computed.model(), pass);
  GraphBuilder integers;
  integers.Input("x", DType::kInt32, {3, 5}).Initializer("w", I32({5, 1}, {1, 2, 3, 4, 5}));
  integers.Initializer("b", I32({1}, {1})).Node("MatMul", {"x", "w"}, {"t"});
  integers.Node("Add", {"t", "b"}, {"y"}).Output("y", DType::kInt32);
  ExpectKept(integers.model(), pass);
}

}  // namespace
}  // namespace quantab
