#include "core/eval/profile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/api/json.h"
#include "core/api/quantab.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

// An int8 convolution, which has a kernel, and a Shape, which has neither one nor a name.
Model ConvAndShape() {
  GraphBuilder b(17);
  b.Input("x", DType::kUint8, {1, 16, 5, 5}).Output("y").Output("n");
  b.Initializer("s", F32({}, {0.02f})).Initializer("z", U8({}, {120}));
  b.Initializer("ws", F32({}, {0.004f})).Initializer("wz", I8({}, {0}));
  b.Initializer("pw", Tensor(DType::kInt8, {24, 16, 1, 1}));
  b.Node("QLinearConv", {"x", "s", "z", "pw", "ws", "wz", "s", "z"}, {"y"}, {}, "pointwise");
  b.Node("Shape", {"y"}, {"n"});
  return b.model();
}

const NodeTime& Find(const Profile& profile, const std::string& node) {
  return *std::find_if(profile.nodes.begin(), profile.nodes.end(),
                       [&](const NodeTime& each) { return each.node == node; });
}

TEST(Profile, SaysOfEachNodeHowLongItTakesAndByWhichKernels) {
  Session session(ConvAndShape());
  const TensorMap sample = {{"x", Tensor(DType::kUint8, {1, 16, 5, 5})}};
  const Profile profile = ProfileRuns(session, sample, 5, 1, nullptr);
  EXPECT_EQ(profile.runs, 5);
  EXPECT_EQ(profile.nodes.size(), session.steps().size());
  double share = 0, total = 0;
  for (size_t i = 0; i < profile.nodes.size(); ++i) {
    share += profile.nodes[i].share;
    total += profile.nodes[i].median_ms;
    if (i > 0) {
      EXPECT_LE(profile.nodes[i].median_ms, profile.nodes[i - 1].median_ms);
    }
  }
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_NEAR(total, profile.total_ms, 1e-9);
  const std::vector<std::string>& kernels = Find(profile, "pointwise").kernels;
  EXPECT_TRUE(std::any_of(kernels.begin(), kernels.end(), [](const std::string& kernel) {
    return kernel.starts_with("i8_gemm_");
  }));
  EXPECT_TRUE(Find(profile, "n").kernels.empty());
  EXPECT_EQ(Find(profile, "n").op_type, "Shape");

  // The session runs as before.
  EXPECT_EQ(session.Run(sample).size(), 2U);
}

TEST(Profile, NeedsARun) {
  Session session(ConvAndShape());
  ExpectError(ErrorCode::kInvalidArgument, "'runs' is 0",
              [&] { ProfileSession(session, {}, 0, 1); });
  ExpectError(ErrorCode::kInvalidArgument, "'x'", [&] { ProfileSession(session, {}, 1, 1); });
}

TEST(Benchmark, TimesSeveralModelsInTurns) {
  const Model model = ConvAndShape();
  Session a(model), b(model);
  const TensorMap sample = {{"x", Tensor(DType::kUint8, {1, 16, 5, 5})}};
  class Steps : public Monitor {
   public:
    void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override {
      EXPECT_EQ(stage, "benchmark");
      EXPECT_EQ(done, ++seen);
      EXPECT_EQ(total, 10U);
    }
    uint64_t seen = 0;
  } steps;
  const TimedSession timed[] = {{&a, &sample}, {&b, &sample}};
  const std::vector<Latency> latencies = BenchmarkInTurns(timed, 3, 2, &steps);
  ASSERT_EQ(latencies.size(), 2U);
  EXPECT_EQ(steps.seen, 10U);
  for (const Latency& latency : latencies) {
    EXPECT_EQ(latency.runs, 3);
    EXPECT_LE(latency.min_ms, latency.median_ms);
    EXPECT_LE(latency.median_ms, latency.p95_ms);
    EXPECT_GT(latency.peak_activation_bytes, 0U);
  }
}

}  // namespace
}  // namespace quantab
