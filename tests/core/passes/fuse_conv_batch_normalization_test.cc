// Expected values are worked by hand, or come from running the model as it was.
#include <cmath>
#include <limits>

#include "core/tensor/half.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr char kPass[] = "fuse_conv_batch_normalization";

// x -> `op` -> c -> BatchNormalization -> y, with `channels` channels.
class NormBuilder : public GraphBuilder {
 public:
  NormBuilder(const Shape& x, const std::string& op, const Shape& weight, int64_t channels,
              const std::vector<Attr>& attrs = {}, bool bias = false) {
    std::vector<Dim> dims(x.begin(), x.end());
    Input("x", DType::kFloat, dims);
    Initializer("w", Noise(weight, 11));
    std::vector<std::string> inputs = {"x", "w"};
    if (bias) {
      Initializer("b", Noise({channels}, 12));
      inputs.emplace_back("b");
    }
    Node(op, inputs, {"c"}, attrs, "linear");
    Initializer("scale", Noise({channels}, 13, 0.5, 2));
    Initializer("B", Noise({channels}, 14));
    Initializer("mean", Noise({channels}, 15));
    Initializer("var", Noise({channels}, 16, 0.5, 2));
    Node("BatchNormalization", {"c", "scale", "B", "mean", "var"}, {"y"}, {}, "norm");
    Output("y", DType::kFloat);
  }
  onnx::NodeProto& norm() { return *graph().mutable_node(1); }
};

void Overwrite(GraphBuilder& builder, const std::string& name, const Tensor& tensor) {
  for (auto& initializer : *builder.graph().mutable_initializer()) {
    if (initializer.name() == name) initializer = ToProto(name, tensor);
  }
}

TEST(FuseConvBatchNormalization, ComputesWeightsAndBias) {
  // s = [2 / sqrt(4), 6 / sqrt(9)] = [1, 2]; w' = w * s; b' = (b - mean) * s + B.
  NormBuilder builder({1, 1, 2, 2}, "Conv", {2, 1, 1, 1}, 2, {}, true);
  Overwrite(builder, "w", F32({2, 1, 1, 1}, {2, 3}));
  Overwrite(builder, "b", F32({2}, {1, -1}));
  Overwrite(builder, "scale", F32({2}, {2, 6}));
  Overwrite(builder, "B", F32({2}, {10, 20}));
  Overwrite(builder, "mean", F32({2}, {1, 2}));
  Overwrite(builder, "var", F32({2}, {4, 9}));
  *builder.norm().add_attribute() = Attr("epsilon", 0.0f).proto();
  Model model = builder.model();
  ASSERT_TRUE(RunPass(model, kPass));
  EXPECT_EQ(OperatorsOf(model), OpNames{"Conv"});
  ExpectTensor(WeightOf(model, "w"), F32({2, 1, 1, 1}, {2, 6}), 0, 0);
  ExpectTensor(WeightOf(model, "b"), F32({2}, {10, 14}), 0, 0);
  EXPECT_EQ(model.proto.graph().node(0).name(), "linear");
  EXPECT_EQ(model.proto.graph().node(0).output(0), "y");
}

TEST(FuseConvBatchNormalization, FusesEveryKindOfLinear) {
  ExpectFused(NormBuilder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4).model(), kPass, {"Conv"});
  ExpectFused(NormBuilder({2, 4, 5}, "Conv", {6, 2, 3}, 6, {{"group", 2}}, true).model(), kPass,
              {"Conv"});
  ExpectFused(NormBuilder({1, 4, 5, 5}, "Conv", {4, 1, 3, 3}, 4, {{"group", 4}}).model(), kPass,
              {"Conv"});
  ExpectFused(NormBuilder({1, 4, 5, 5}, "ConvTranspose", {4, 3, 2, 2}, 3, {}, true).model(), kPass,
              {"ConvTranspose"});
  ExpectFused(NormBuilder({1, 4, 5, 5}, "ConvTranspose", {4, 3, 2, 2}, 6, {{"group", 2}}).model(),
              kPass, {"ConvTranspose"});
  ExpectFused(NormBuilder({3, 5}, "MatMul", {5, 4}, 4).model(), kPass, {"Gemm"});
  ExpectFused(
      NormBuilder({3, 5}, "Gemm", {4, 5}, 4, {{"transB", 1}, {"beta", 0.5f}, {"alpha", 2.0f}}, true)
          .model(),
      kPass, {"Gemm"});
}

TEST(FuseConvBatchNormalization, BroadcastsTheBiasOfAGemm) {
  NormBuilder builder({3, 5}, "Gemm", {5, 4}, 4, {}, true);
  for (const Tensor& c : {F32({}, {2}), F32({1}, {2}), F32({1, 4}, {1, 2, 3, 4})}) {
    Overwrite(builder, "b", c);
    ExpectFused(builder.model(), kPass, {"Gemm"});
  }
  Overwrite(builder, "b", Noise({3, 4}, 3));
  ExpectKept(builder.model(), kPass);
}

TEST(FuseConvBatchNormalization, HalvesAndDoubles) {
  for (const DType type : {DType::kFloat16, DType::kDouble}) {
    GraphBuilder builder;
    builder.Input("x", type, {1, 1, 2});
    const auto add = [&](const std::string& name, Shape shape, const std::vector<float>& values) {
      const Tensor single = F32(shape, values);
      Tensor tensor(type, shape);
      if (type == DType::kFloat16) {
        FloatToHalf(single, tensor);
      } else {
        std::copy(values.begin(), values.end(), tensor.mutable_data<double>());
      }
      builder.Initializer(name, tensor);
    };
    add("w", {2, 1, 1}, {2, 3});
    add("scale", {2}, {2, 6});
    add("B", {2}, {10, 20});
    add("mean", {2}, {1, 2});
    add("var", {2}, {4, 9});
    builder.Node("Conv", {"x", "w"}, {"c"});
    builder.Node("BatchNormalization", {"c", "scale", "B", "mean", "var"}, {"y"},
                 {{"epsilon", 0.0f}});
    builder.Output("y", type);
    ASSERT_TRUE(RunPass(builder.model(), kPass));
    EXPECT_EQ(OperatorsOf(builder.model()), OpNames{"Conv"});
    // s = [1, 2]; b' = B - mean * s.
    const Tensor w = WeightOf(builder.model(), "w");
    const Tensor b = WeightOf(builder.model(), "w_bias");
    if (type == DType::kFloat16) {
      ExpectTensor(HalfToFloat(w), F32({2, 1, 1}, {2, 6}), 0, 0);
      ExpectTensor(HalfToFloat(b), F32({2}, {9, 16}), 0, 0);
    } else {
      ExpectTensor(w, F64({2, 1, 1}, {2, 6}), 0, 0);
      ExpectTensor(b, F64({2}, {9, 16}), 0, 0);
    }
  }
}

TEST(FuseConvBatchNormalization, ReadsLargeWeightsInAnyPieces) {
  NormBuilder builder({1, 16, 5, 5}, "Conv", {32, 16, 3, 3}, 32);
  for (auto& tensor : *builder.graph().mutable_initializer()) {
    const BlobPtr bytes = BytesOf(builder.model(), tensor);
    onnx::TensorProto detached;
    detached.set_name(tensor.name());
    detached.set_data_type(tensor.data_type());
    *detached.mutable_dims() = tensor.dims();
    SetBytes(builder.model(), detached, bytes);
    tensor = detached;
  }
  Model model = builder.model();
  ASSERT_TRUE(RunPass(model, kPass));
  const onnx::TensorProto* weight = FindInitializer(model, "w");
  ASSERT_TRUE(weight != nullptr && IsDetached(*weight));
  const BlobPtr blob = BytesOf(model, *weight);
  const std::vector<std::byte> whole = LoadBlob(*blob);
  std::vector<std::byte> part(1001);
  blob->Read(7 * 144 * 4 + 2, part);  // across channels, cutting elements
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 7 * 144 * 4 + 2));
  ExpectSameResults(builder.model(), model);
}

TEST(FuseConvBatchNormalization, LeavesWhatItCannotKnow) {
  const auto builder = [] { return NormBuilder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4); };
  NormBuilder training = builder();
  *training.norm().add_attribute() = Attr("training_mode", 1).proto();
  ExpectKept(training.model(), kPass);
  NormBuilder statistics = builder();
  statistics.norm().add_output("m");
  ExpectKept(statistics.model(), kPass);
  NormBuilder seen = builder();
  seen.Output("c", DType::kFloat);
  ExpectKept(seen.model(), kPass);
  NormBuilder read = builder();
  read.Node("Relu", {"c"}, {"r"}).Output("r", DType::kFloat);
  ExpectKept(read.model(), kPass);
  for (const char* replaceable : {"w", "scale", "var"}) {
    NormBuilder input = builder();
    const Tensor tensor = WeightOf(input.model(), replaceable);
    std::vector<Dim> dims(tensor.shape().begin(), tensor.shape().end());
    input.Input(replaceable, DType::kFloat, dims);
    ExpectKept(input.model(), kPass);
  }
  ExpectKept(NormBuilder({2, 3, 5}, "MatMul", {5, 4}, 3).model(), kPass);
  ExpectKept(NormBuilder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 1).model(), kPass);
}

TEST(FuseConvBatchNormalization, LeavesNumbersThatWouldNotBeFinite) {
  const float bad[] = {std::numeric_limits<float>::infinity(),
                       std::numeric_limits<float>::quiet_NaN()};
  for (const float number : bad) {
    for (const char* name : {"scale", "B", "mean", "var"}) {
      NormBuilder builder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4);
      Overwrite(builder, name, F32({4}, {1, 1, number, 1}));
      ExpectKept(builder.model(), kPass);
    }
  }
  NormBuilder negative({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4);
  Overwrite(negative, "var", F32({4}, {1, -1, 1, 1}));
  ExpectKept(negative.model(), kPass);
  NormBuilder large({1, 1, 6, 6}, "Conv", {1, 1, 1, 1}, 1);
  Overwrite(large, "w", F32({1, 1, 1, 1}, {1e30f}));
  Overwrite(large, "scale", F32({1}, {1e30f}));
  ExpectKept(large.model(), kPass);
}

TEST(FuseConvBatchNormalization, SharedWeightsStayForOthers) {
  NormBuilder builder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4, {}, true);
  builder.Node("Conv", {"x", "w", "b"}, {"z"}).Output("z", DType::kFloat);
  ExpectFused(builder.model(), kPass, {"Conv", "Conv"});
}

TEST(FuseConvBatchNormalization, WorksInBranches) {
  // The branch reads x and the constants of the graph around it; the other branch reads w too.
  NormBuilder inner({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4);
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 3, 6, 6}).Input("condition", DType::kBool, {});
  *builder.graph().mutable_initializer() = inner.graph().initializer();
  onnx::GraphProto then_branch = inner.graph(), else_branch;
  then_branch.clear_initializer();
  then_branch.clear_input();
  else_branch.set_name("else");
  *else_branch.add_node() = then_branch.node(0);
  else_branch.mutable_node(0)->set_output(0, "z");
  else_branch.add_output()->set_name("z");
  builder.Node("If", {"condition"}, {"out"},
               {{"then_branch", then_branch}, {"else_branch", else_branch}});
  builder.Output("out", DType::kFloat);
  Model model = builder.model();
  ASSERT_TRUE(RunPass(model, kPass));
  const onnx::GraphProto& fused = model.proto.graph().node(0).attribute(0).g();
  ASSERT_EQ(fused.node_size(), 1);
  EXPECT_EQ(fused.initializer_size(), 2);
  EXPECT_TRUE(SameBits(WeightOf(model, "w"), WeightOf(builder.model(), "w")));
  ExpectSameResults(builder.model(), model);
}

TEST(FuseConvBatchNormalization, ACaptureIsARead) {
  NormBuilder builder({1, 3, 6, 6}, "Conv", {4, 3, 3, 3}, 4);
  builder.Input("condition", DType::kBool, {});
  onnx::GraphProto branch;
  branch.set_name("branch");
  onnx::NodeProto* node = branch.add_node();
  node->set_op_type("Relu");
  node->add_input("c");
  node->add_output("r");
  branch.add_output()->set_name("r");
  builder.Node("If", {"condition"}, {"out"}, {{"then_branch", branch}, {"else_branch", branch}});
  builder.Output("out", DType::kFloat);
  ExpectKept(builder.model(), kPass);
}

}  // namespace
}  // namespace quantab
