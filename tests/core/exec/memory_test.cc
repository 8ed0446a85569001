// The arena, its plans, and what they mean for whole runs.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "core/exec/arena.h"
#include "core/exec/memory_plan.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(PlanMemory, ReusesPlacesOfBuffersThatAreGone) {
  // A chain: each buffer is read by the next step only.
  std::vector<Allocation> chain;
  for (int step = 0; step < 10; ++step) chain.push_back({step, 0, 1000, step + 1});
  const MemoryPlan plan = PlanMemory(chain);
  EXPECT_EQ(plan.slab_bytes, 2 * 1024U);
  EXPECT_EQ(plan.Find(0, 0)->offset, plan.Find(2, 0)->offset);
  EXPECT_NE(plan.Find(0, 0)->offset, plan.Find(1, 0)->offset);
  EXPECT_EQ(plan.Find(10, 0), nullptr);
  EXPECT_EQ(plan.Find(0, 1), nullptr);
}

TEST(PlanMemory, NeverOverlapsBuffersInUseTogether) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    std::vector<Allocation> all;
    std::vector<int> ordinals(50, 0);
    size_t bytes = 0;
    for (int i = 0; i < 200; ++i) {
      const int step = static_cast<int>(random() % 50);
      all.push_back({step, ordinals[static_cast<size_t>(step)]++, random() % 5000,
                     step + static_cast<int>(random() % 10)});
      bytes += (all.back().bytes + 63) / 64 * 64;
    }
    const MemoryPlan plan = PlanMemory(all);
    EXPECT_LT(plan.slab_bytes, bytes);
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].bytes == 0) continue;
      const MemoryPlan::Slot a = *plan.Find(all[i].step, all[i].ordinal);
      EXPECT_GE(a.bytes, all[i].bytes);
      EXPECT_EQ(a.offset % 64, 0U);
      EXPECT_LE(a.offset + a.bytes, plan.slab_bytes);
      for (size_t j = 0; j < i; ++j) {
        if (all[j].bytes == 0 || all[j].last < all[i].step || all[i].last < all[j].step) continue;
        const MemoryPlan::Slot b = *plan.Find(all[j].step, all[j].ordinal);
        EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)
            << "allocations " << i << " and " << j << " of round " << round;
      }
    }
  }
}

TEST(PlanMemory, LeavesOutWhatWouldEndPastTheAddressSpace) {
  constexpr size_t kHalf = std::numeric_limits<size_t>::max() / 2 + 1;
  const MemoryPlan plan = PlanMemory({{0, 0, kHalf, 1}, {0, 1, kHalf, 1}, {0, 2, 64, 1}});
  ASSERT_NE(plan.Find(0, 0), nullptr);
  EXPECT_EQ(plan.Find(0, 1), nullptr);
  ASSERT_NE(plan.Find(0, 2), nullptr);
  EXPECT_EQ(plan.Find(0, 2)->offset, kHalf);
  EXPECT_EQ(plan.slab_bytes, kHalf + 64);
}

TEST(Arena, PoolReusesAndRecords) {
  Arena arena;
  arena.Begin(nullptr);
  arena.SetStep(0);
  std::shared_ptr<std::byte> a = arena.Allocate(10000);
  arena.SetStep(1);
  std::shared_ptr<std::byte> b = arena.Allocate(10000);
  const std::byte* first = a.get();
  a.reset();
  arena.SetStep(2);
  std::shared_ptr<std::byte> c = arena.Allocate(9000);
  EXPECT_EQ(c.get(), first);
  EXPECT_EQ(arena.peak(), 20000U);
  const std::vector<Allocation> recorded = arena.Recorded();
  ASSERT_EQ(recorded.size(), 3U);
  EXPECT_EQ(recorded[0].last, 1);
  EXPECT_EQ(recorded[1].last, 2);
}

TEST(Arena, APlanIsNotTrustedWhenLifetimesDiffer) {
  // The plan says that the first buffer is gone when the second comes; in this run it is not.
  const MemoryPlan plan = PlanMemory({{0, 0, 256, 0}, {1, 0, 256, 1}});
  ASSERT_EQ(plan.slab_bytes, 256U);
  Arena arena;
  arena.Begin(&plan);
  arena.SetStep(0);
  std::shared_ptr<std::byte> a = arena.Allocate(256);
  std::memset(a.get(), 1, 256);
  arena.SetStep(1);
  std::shared_ptr<std::byte> b = arena.Allocate(256);
  std::memset(b.get(), 2, 256);
  EXPECT_EQ(a.get()[255], std::byte{1});
  // Larger than planned, and not planned at all.
  arena.SetStep(0);
  std::shared_ptr<std::byte> c = arena.Allocate(1000);
  std::memset(c.get(), 3, 1000);
  arena.SetStep(7);
  std::shared_ptr<std::byte> d = arena.Allocate(1000);
  std::memset(d.get(), 4, 1000);
  EXPECT_EQ(c.get()[999], std::byte{3});
  EXPECT_EQ(a.get()[0], std::byte{1});
}

TEST(Arena, BuffersOutliveTheArena) {
  std::shared_ptr<std::byte> pooled, planned;
  const MemoryPlan plan = PlanMemory({{0, 0, 256, 0}});
  {
    Arena arena;
    arena.Begin(nullptr);
    pooled = arena.Allocate(100);
    arena.Begin(&plan);
    planned = arena.Allocate(256);
  }
  std::memset(pooled.get(), 1, 100);
  std::memset(planned.get(), 2, 256);
  EXPECT_EQ(pooled.get()[99], std::byte{1});
}

// --- whole runs ------------------------------------------------------------------------------

constexpr int64_t kWide = 1 << 16;
constexpr uint64_t kWideBytes = kWide * 4;

TEST(SessionMemory, ALongChainNeedsFewBuffers) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"}).Initializer("one", F32({1}, {1}));
  std::string last = "x";
  for (int i = 0; i < 50; ++i) {
    // Softmax cannot work in place.
    const std::string name = "v" + std::to_string(i);
    b.Node(i % 2 == 0 ? "Softmax" : "Add",
           i % 2 == 0 ? std::vector<std::string>{last} : std::vector<std::string>{last, "one"},
           {name});
    last = name;
  }
  b.Output(last);
  Session session(b.model());
  for (int run = 0; run < 3; ++run) {
    session.Run({{"x", Iota({kWide}, 0, 1e-6F)}});
    EXPECT_LE(session.stats().peak_activation_bytes, 3 * kWideBytes + 4096) << "run " << run;
    EXPECT_GE(session.stats().peak_activation_bytes, 2 * kWideBytes) << "run " << run;
  }
}

TEST(SessionMemory, WorksInPlaceWhereNobodyElseReads) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"});
  b.Node("Neg", {"x"}, {"a"}).Node("Abs", {"a"}, {"b"}).Node("Relu", {"b"}, {"c"});
  b.Node("Neg", {"c"}, {"y"}).Output("y");
  Session session(b.model());
  for (int run = 0; run < 2; ++run) {
    ExpectTensor(session.Run({{"x", Iota({kWide})}})["y"], Iota({kWide}, 0, -1));
    // One buffer for a, b and c, one for the result.
    EXPECT_LE(session.stats().peak_activation_bytes, 2 * kWideBytes + 4096);
  }
}

TEST(SessionMemory, InPlaceSparesValuesThatAreReadLater) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {3}).Initializer("shape", I64({2}, {3, 1}));
  b.Initializer("one", F32({3}, {1, 1, 1}));
  b.Node("Neg", {"x"}, {"a"});
  b.Node("Reshape", {"a", "shape"}, {"view"});  // shares a's elements
  b.Node("Relu", {"a"}, {"b"});                 // a is read by no later node, its view is
  b.Node("Abs", {"view"}, {"c"});
  b.Node("Neg", {"one"}, {"d"});     // a constant
  b.Node("Abs", {"x"}, {"e"});       // the caller's tensor
  b.Node("Add", {"b", "b"}, {"f"});  // both operands are the same value
  for (const char* name : {"view", "b", "c", "d", "e", "f"}) b.Output(name);
  Session session(b.model());
  const Tensor x = F32({3}, {1, -2, 3});
  for (int run = 0; run < 3; ++run) {
    TensorMap out = session.Run({{"x", x}});
    ExpectTensor(out["view"], F32({3, 1}, {-1, 2, -3}));
    ExpectTensor(out["b"], F32({3}, {0, 2, 0}));
    ExpectTensor(out["c"], F32({3, 1}, {1, 2, 3}));
    ExpectTensor(out["d"], F32({3}, {-1, -1, -1}));
    ExpectTensor(out["e"], F32({3}, {1, 2, 3}));
    ExpectTensor(out["f"], F32({3}, {0, 4, 0}));
    ExpectTensor(x, F32({3}, {1, -2, 3}));
  }
}

// Random graphs of operators that work in place, make views or need fresh buffers, against values
// computed here: memory that is reused too early shows as a wrong value.
TEST(SessionMemory, RandomGraphsComputeTheSameAsWithoutReuse) {
  constexpr int64_t kCount = 6;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    GraphBuilder b;
    b.Input("v0", DType::kFloat, {kCount});
    b.Initializer("flat", I64({1}, {kCount}));
    std::vector<std::vector<float>> expected{{1, -2, 3, -4, 5, -6}};
    const int nodes = 5 + static_cast<int>(random() % 25);
    for (int i = 1; i <= nodes; ++i) {
      const size_t p = random() % expected.size();
      const size_t q = random() % expected.size();
      const std::string a = "v" + std::to_string(p), c = "v" + std::to_string(q);
      const std::string y = "v" + std::to_string(i);
      std::vector<float> value = expected[p];
      switch (random() % 5) {
        case 0:
          b.Node("Neg", {a}, {y});
          for (float& v : value) v = -v;
          break;
        case 1:
          b.Node("Relu", {a}, {y});
          for (float& v : value) v = std::max(v, 0.0F);
          break;
        case 2:
          b.Node("Max", {a, c}, {y});
          for (size_t k = 0; k < value.size(); ++k) value[k] = std::max(value[k], expected[q][k]);
          break;
        case 3:
          b.Node("Reshape", {a, "flat"}, {y});
          break;
        default:
          b.Node("Min", {a, c}, {y});
          for (size_t k = 0; k < value.size(); ++k) value[k] = std::min(value[k], expected[q][k]);
          break;
      }
      expected.push_back(value);
    }
    std::vector<size_t> outputs{expected.size() - 1, random() % expected.size()};
    if (outputs[0] == outputs[1]) outputs.pop_back();
    for (size_t v : outputs) b.Output("v" + std::to_string(v));
    Session session(b.model());
    for (int run = 0; run < 3; ++run) {
      TensorMap out = session.Run({{"v0", F32({kCount}, expected[0])}});
      for (size_t v : outputs) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " run " + std::to_string(run));
        ExpectTensor(out["v" + std::to_string(v)], F32({kCount}, expected[v]));
      }
    }
  }
}

TEST(SessionMemory, SizesThatDependOnValuesFallBackToThePool) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {8});
  b.Node("NonZero", {"x"}, {"i"}).Node("Cast", {"i"}, {"f"}, {Attr("to", 1)});
  b.Node("Neg", {"f"}, {"g"}).Node("Neg", {"g"}, {"y"}).Output("y");
  Session session(b.model());
  ExpectTensor(session.Run({{"x", F32({8}, {0, 1, 0, 0, 0, 0, 0, 0})}})["y"], F32({1, 1}, {1}));
  ExpectTensor(session.Run({{"x", F32({8}, {1, 1, 1, 1, 1, 1, 1, 1})}})["y"], Iota({1, 8}));
  ExpectTensor(session.Run({{"x", F32({8}, {0, 0, 0, 0, 0, 0, 0, 0})}})["y"], F32({1, 0}, {}));
}

TEST(SessionMemory, ConstantsAreCountedOnce) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {256}).Initializer("c", Iota({256}));
  b.Initializer("unused", Iota({4096}));
  b.Node("Add", {"x", "c"}, {"a"}).Node("Mul", {"a", "c"}, {"y"}).Output("y");
  Session session(b.model());
  EXPECT_EQ(session.stats().constant_bytes, 1024U);
}

}  // namespace
}  // namespace quantab
