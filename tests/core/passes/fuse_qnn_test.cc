// LpNormalization and SpaceToDepth written out, the forms that onnxruntime's qnn_preprocess_model
// looks for. Expected values come from running the model as it was.
#include "core/passes/steps.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr char kNorm[] = "fuse_lp_normalization";
constexpr char kDepth[] = "fuse_space_to_depth";

Model Inferred(GraphBuilder builder) {
  InferTypes(builder.model(), {}, nullptr);
  return builder.model();
}

struct NormForm {
  int64_t opset = 18;
  int64_t axis = -1;
  int64_t keepdims = 1;
  float bound = 1e-12f;
  bool by_shape = true;  // Expand to Shape(x), else to a constant
  std::vector<int64_t> to = {3, 4};
};

GraphBuilder Norm(const NormForm& form = {}) {
  GraphBuilder b(form.opset);
  b.Input("x", DType::kFloat, {3, 4}).Output("y", DType::kFloat);
  b.Initializer("low", F32({}, {form.bound}));
  if (form.opset < 18) {
    b.Node("ReduceL2", {"x"}, {"n"},
           {Attr("axes", std::vector<int64_t>{form.axis}), Attr("keepdims", form.keepdims)});
  } else {
    b.Initializer("axes", I64({1}, {form.axis}));
    b.Node("ReduceL2", {"x", "axes"}, {"n"}, {Attr("keepdims", form.keepdims)});
  }
  b.Node("Clip", {"n", "low"}, {"c"});
  if (form.by_shape) {
    b.Node("Shape", {"x"}, {"s"});
  } else {
    b.Initializer("s", I64({static_cast<int64_t>(form.to.size())}, form.to));
  }
  b.Node("Expand", {"c", "s"}, {"e"}).Node("Div", {"x", "e"}, {"y"});
  return b;
}

TEST(FuseLpNormalization, EveryForm) {
  for (const int64_t opset : {13, 18}) {
    for (const int64_t axis : {-1, 1}) {
      const GraphBuilder b = Norm({.opset = opset, .axis = axis});
      ExpectFused(Inferred(b), kNorm, {"Shape", "LpNormalization"});
    }
  }
  ExpectFused(Inferred(Norm({.by_shape = false})), kNorm, {"LpNormalization"});
  Model fused = Inferred(Norm());
  ASSERT_TRUE(RunPass(fused, kNorm));
  const onnx::NodeProto& node = fused.proto.graph().node(1);
  EXPECT_EQ(Attr("axis", -1).proto().SerializeAsString(), node.attribute(0).SerializeAsString());
  EXPECT_EQ(Attr("p", 2).proto().SerializeAsString(), node.attribute(1).SerializeAsString());
}

TEST(FuseLpNormalization, LeavesWhatIsSomethingElse) {
  ExpectKept(Inferred(Norm({.axis = 0})), kNorm);
  ExpectKept(Inferred(Norm({.keepdims = 0, .by_shape = false, .to = {3, 3}})), kNorm);
  ExpectKept(Inferred(Norm({.bound = 1e-6f})), kNorm);
  ExpectKept(Inferred(Norm({.by_shape = false, .to = {2, 3, 4}})), kNorm);
  GraphBuilder upper = Norm();
  upper.Initializer("high", F32({}, {1}));
  upper.graph().mutable_node(1)->add_input("high");
  ExpectKept(Inferred(upper), kNorm);
  GraphBuilder seen = Norm();
  seen.Output("c", DType::kFloat);
  ExpectKept(Inferred(seen), kNorm);
  GraphBuilder swapped = Norm();
  onnx::NodeProto& div = *swapped.graph().mutable_node(4);
  div.mutable_input()->SwapElements(0, 1);
  ExpectKept(Inferred(swapped), kNorm);
}

const std::vector<std::vector<int64_t>> kShapes = {
    {2, 3, 2, 2, 4, 2}, {2, 3, 8, 4}, {2, 3, 4, 2, 4}, {2, 12, 2, 4}};
const std::vector<std::vector<int64_t>> kPerms = {
    {0, 1, 2, 4, 3, 5}, {0, 1, 3, 2}, {0, 2, 1, 3, 4}};

// x [2,3,4,8] in blocks of 2.
GraphBuilder Depth(const std::vector<std::vector<int64_t>>& perms = kPerms, const Dim& batch = 2) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {batch, 3, 4, 8}).Output("y", DType::kFloat);
  std::string value = "x";
  for (size_t i = 0; i < kShapes.size(); ++i) {
    const std::string n = std::to_string(i);
    std::vector<int64_t> shape = kShapes[i];
    if (batch.value < 0) shape[0] = 0;
    b.Initializer("s" + n, I64({static_cast<int64_t>(shape.size())}, shape));
    const std::string made = i + 1 == kShapes.size() ? "y" : "r" + n;
    b.Node("Reshape", {value, "s" + n}, {made});
    if (i < perms.size()) b.Node("Transpose", {made}, {"t" + n}, {Attr("perm", perms[i])});
    value = "t" + n;
  }
  return b;
}

TEST(FuseSpaceToDepth, SevenNodesBecomeOne) {
  ExpectFused(Inferred(Depth()), kDepth, {"SpaceToDepth"}, 0);
  ExpectFused(Inferred(Depth(kPerms, "n")), kDepth, {"SpaceToDepth"}, 0);
}

TEST(FuseSpaceToDepth, LeavesOtherOrders) {
  for (size_t i = 0; i < kPerms.size(); ++i) {
    std::vector<std::vector<int64_t>> perms = kPerms;
    perms[i] = {0, 1, 2, 3};
    if (i != 1)
      perms[i] =
          i == 0 ? std::vector<int64_t>{0, 1, 2, 3, 4, 5} : std::vector<int64_t>{0, 1, 2, 3, 4};
    Model other = Inferred(Depth(perms));
    EXPECT_FALSE(RunPass(other, kDepth)) << i;
  }
  GraphBuilder seen = Depth();
  seen.Output("r2", DType::kFloat);
  ExpectKept(Inferred(seen), kDepth);
  ExpectKept(Depth().model(), kDepth);  // sizes unknown
}

}  // namespace
}  // namespace quantab
