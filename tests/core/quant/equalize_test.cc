// Results are those of the model as it was; the ranges that come out are worked from equation 11:
// both layers' largest magnitudes of a channel become sqrt(r1 * r2).
#include "core/quant/equalize.h"

#include <cmath>

#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

// Largest magnitude for each index of `axis` of a weight.
std::vector<double> Magnitudes(const Model& model, const std::string& name, int axis) {
  const Tensor weight = WeightOf(model, name);
  int64_t inner = 1;
  for (int i = axis + 1; i < weight.rank(); ++i) inner *= weight.dim(i);
  std::vector<double> magnitudes(static_cast<size_t>(weight.dim(axis)), 0);
  for (int64_t i = 0; i < weight.count(); ++i) {
    double& most = magnitudes[static_cast<size_t>(i / inner % weight.dim(axis))];
    most = std::max(most, static_cast<double>(std::fabs(weight.data<float>()[i])));
  }
  return magnitudes;
}

void ExpectNear(const std::vector<double>& a, const std::vector<double>& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * b[i]) << i;
}

// Noise whose channels along axis 0 get wider and wider.
Tensor Uneven(const Shape& shape, uint32_t seed) {
  Tensor tensor = Noise(shape, seed);
  const int64_t inner = tensor.count() / tensor.dim(0);
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<float>()[i] *= std::exp2(static_cast<float>(i / inner) - 3);
  }
  return tensor;
}

GraphBuilder TwoConvs(const std::string& between) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 3, 8, 8});
  builder.Initializer("w1", Uneven({6, 3, 3, 3}, 1)).Initializer("b1", Noise({6}, 2));
  builder.Initializer("w2", Noise({4, 6, 3, 3}, 3)).Initializer("b2", Noise({4}, 4));
  builder.Node("Conv", {"x", "w1", "b1"}, {"c"});
  if (!between.empty()) builder.Node(between, {"c"}, {"a"});
  builder.Node("Conv", {between.empty() ? "c" : "a", "w2", "b2"}, {"y"});
  builder.Output("y", DType::kFloat);
  return builder;
}

TEST(Equalize, TwoConvolutions) {
  for (const char* between : {"", "Relu", "LeakyRelu"}) {
    GraphBuilder builder = TwoConvs(between);
    const Model before = builder.model();
    Model model = before;
    EXPECT_EQ(EqualizeCrossLayers(model), 1);
    ExpectSameResults(before, model, 1e-4);
    const auto r1 = Magnitudes(before, "w1", 0), r2 = Magnitudes(before, "w2", 1);
    std::vector<double> expected;
    for (size_t i = 0; i < r1.size(); ++i) expected.push_back(std::sqrt(r1[i] * r2[i]));
    ExpectNear(Magnitudes(model, "w1", 0), expected, 1e-5);
    ExpectNear(Magnitudes(model, "w2", 1), expected, 1e-5);
    EXPECT_TRUE(SameBits(WeightOf(model, "b2"), WeightOf(before, "b2")));
  }
}

TEST(Equalize, ADepthwiseConvolutionBetween) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 3, 8, 8});
  builder.Initializer("w1", Uneven({6, 3, 1, 1}, 1)).Initializer("w2", Noise({6, 1, 3, 3}, 2));
  builder.Initializer("w3", Noise({4, 6, 1, 1}, 3)).Initializer("b", Noise({6}, 4));
  builder.Node("Conv", {"x", "w1"}, {"a"}).Node("Relu", {"a"}, {"ar"});
  builder.Node("Conv", {"ar", "w2", "b"}, {"c"}, {{"group", 6}}).Node("Relu", {"c"}, {"cr"});
  builder.Node("Conv", {"cr", "w3"}, {"y"}).Output("y", DType::kFloat);
  Model model = builder.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 2);
  ExpectSameResults(builder.model(), model, 1e-4);
  const auto r1 = Magnitudes(builder.model(), "w1", 0), r2 = Magnitudes(builder.model(), "w2", 0),
             r3 = Magnitudes(builder.model(), "w3", 1);
  std::vector<double> expected;  // the product of a channel's ranges stays, so each is its root
  for (size_t i = 0; i < r1.size(); ++i) expected.push_back(std::cbrt(r1[i] * r2[i] * r3[i]));
  ExpectNear(Magnitudes(model, "w1", 0), expected, 5e-3);
  ExpectNear(Magnitudes(model, "w2", 0), expected, 5e-3);
  ExpectNear(Magnitudes(model, "w3", 1), expected, 5e-3);
}

TEST(Equalize, GroupsAndMatrices) {
  GraphBuilder groups;
  groups.Input("x", DType::kFloat, {1, 4, 5});
  groups.Initializer("w1", Uneven({6, 2, 3}, 1)).Initializer("w2", Noise({4, 3, 3}, 2));
  groups.Node("Conv", {"x", "w1"}, {"c"}, {{"group", 2}});
  groups.Node("Conv", {"c", "w2"}, {"y"}, {{"group", 2}}).Output("y", DType::kFloat);
  Model model = groups.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 1);
  ExpectSameResults(groups.model(), model, 1e-4);

  GraphBuilder gemm;
  gemm.Input("x", DType::kFloat, {2, 4});
  gemm.Initializer("w1", Uneven({6, 4}, 1)).Initializer("b1", Noise({1, 6}, 2));
  gemm.Initializer("w2", Noise({6, 5}, 3));
  gemm.Node("Gemm", {"x", "w1", "b1"}, {"c"}, {{"transB", 1}, {"beta", 0.5f}});
  gemm.Node("Relu", {"c"}, {"a"}).Node("MatMul", {"a", "w2"}, {"y"}).Output("y", DType::kFloat);
  model = gemm.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 1);
  ExpectSameResults(gemm.model(), model, 1e-4);
  ExpectNear(Magnitudes(model, "w1", 0), Magnitudes(model, "w2", 0), 1e-5);
}

TEST(Equalize, PoolsKeepChannelsApart) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 3, 8, 8});
  builder.Initializer("w1", Uneven({6, 3, 3, 3}, 1)).Initializer("w2", Noise({4, 6, 1, 1}, 2));
  builder.Node("Conv", {"x", "w1"}, {"c"}).Node("Relu", {"c"}, {"r"});
  builder.Node("MaxPool", {"r"}, {"m"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}});
  builder.Node("GlobalAveragePool", {"m"}, {"g"});
  builder.Node("Conv", {"g", "w2"}, {"y"}).Output("y", DType::kFloat);
  Model model = builder.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 1);
  ExpectSameResults(builder.model(), model, 1e-4);

  GraphBuilder matrix;  // the pool goes over the channels
  matrix.Input("x", DType::kFloat, {1, 2, 4});
  matrix.Initializer("w1", Noise({4, 6}, 1)).Initializer("w2", Noise({6, 5}, 2));
  matrix.Node("MatMul", {"x", "w1"}, {"c"});
  matrix.Node("MaxPool", {"c"}, {"m"},
              {{"kernel_shape", std::vector<int64_t>{3}}, {"pads", std::vector<int64_t>{1, 1}}});
  matrix.Node("MatMul", {"m", "w2"}, {"y"}).Output("y", DType::kFloat);
  EXPECT_EQ(EqualizeCrossLayers(matrix.model()), 0);
}

TEST(Equalize, LeavesOtherNeighbours) {
  GraphBuilder sigmoid = TwoConvs("Sigmoid");
  EXPECT_EQ(EqualizeCrossLayers(sigmoid.model()), 0);
  GraphBuilder seen = TwoConvs("Relu");
  seen.Output("c", DType::kFloat);
  const Model before = seen.model();
  EXPECT_EQ(EqualizeCrossLayers(seen.model()), 0);
  EXPECT_EQ(seen.model().proto.SerializeAsString(), before.proto.SerializeAsString());
  GraphBuilder given = TwoConvs("Relu");
  given.Input("b1", DType::kFloat, {6});
  EXPECT_EQ(EqualizeCrossLayers(given.model()), 0);
}

TEST(Equalize, DeadAndBrokenChannelsStay) {
  GraphBuilder builder = TwoConvs("Relu");
  Tensor w1 = Uneven({6, 3, 3, 3}, 1);
  for (int i = 0; i < 27; ++i) w1.mutable_data<float>()[i] = 0;
  w1.mutable_data<float>()[27] = INFINITY;
  for (auto& tensor : *builder.graph().mutable_initializer()) {
    if (tensor.name() == "w1") tensor = ToProto("w1", w1);
  }
  Model model = builder.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 1);
  const Tensor after = WeightOf(model, "w1");
  EXPECT_TRUE(std::equal(w1.span<float>().begin(), w1.span<float>().begin() + 54,
                         after.span<float>().begin()));
}

TEST(Equalize, OthersKeepSharedWeights) {
  GraphBuilder builder = TwoConvs("Relu");
  builder.Node("Conv", {"x", "w1", "b1"}, {"z"}).Output("z", DType::kFloat);
  Model model = builder.model();
  EXPECT_EQ(EqualizeCrossLayers(model), 1);
  ExpectSameResults(builder.model(), model, 1e-4);
  EXPECT_TRUE(SameBits(WeightOf(model, "w1"), WeightOf(builder.model(), "w1")));
}

}  // namespace
}  // namespace quantab
