// Runs that their caller advances.
#include <gtest/gtest.h>

#include "core/exec/session.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

class Seen : public Observer {
 public:
  bool Wants(const std::string&) override { return true; }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    names.push_back(value);
    tensors[value] = tensor.Clone();
  }
  std::vector<std::string> names;
  TensorMap tensors;
};

Model Chain() {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"});
  b.Node("Neg", {"x"}, {"a"}).Node("Abs", {"a"}, {"b"}).Node("Exp", {"a"}, {"side"});
  b.Node("Mul", {"b", "b"}, {"y"}).Output("y", DType::kFloat);
  return b.model();
}

TEST(SteppedRun, MakesOneNodeAtATime) {
  Session session(Chain());
  for (int run = 0; run < 3; ++run) {
    Seen seen;
    SteppedRun stepped = session.Start({{"x", F32({2}, {2, -3})}}, &seen);
    EXPECT_EQ(seen.names, (std::vector<std::string>{"x"}));
    EXPECT_TRUE(stepped.Advance());
    EXPECT_EQ(seen.names, (std::vector<std::string>{"x", "a"}));
    EXPECT_TRUE(stepped.Advance());
    EXPECT_TRUE(stepped.Advance());
    EXPECT_EQ(seen.names, (std::vector<std::string>{"x", "a", "b", "y"}));
    EXPECT_FALSE(stepped.Advance());
    EXPECT_FALSE(stepped.Advance());
    ExpectTensor(seen.tensors["a"], F32({2}, {-2, 3}));
    ExpectTensor(seen.tensors["y"], F32({2}, {4, 9}));
  }
}

TEST(SteppedRun, MayEndEarly) {
  Session session(Chain());
  const TensorMap sample = {{"x", F32({2}, {2, -3})}};
  for (int run = 0; run < 3; ++run) {
    Seen seen;
    SteppedRun stepped = session.Start(sample, &seen);
    stepped.Advance();
  }
  ExpectTensor(session.Run(sample)["y"], F32({2}, {4, 9}));
}

TEST(SteppedRun, TwoSessionsTakeTurns) {
  Session one(Chain()), two(Chain());
  Seen first, second;
  SteppedRun a = one.Start({{"x", F32({1}, {2})}}, &first);
  SteppedRun b = two.Start({{"x", F32({1}, {5})}}, &second);
  while (a.Advance()) b.Advance();
  ExpectTensor(first.tensors["y"], F32({1}, {4}));
  ExpectTensor(second.tensors["y"], F32({1}, {25}));
}

TEST(SteppedRun, AnErrorEndsIt) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"}).Initializer("w", F32({2}, {1, 2}));
  b.Node("Add", {"x", "w"}, {"y"}, {}, "sum").Output("y");
  Session session(b.model());
  Seen seen;
  ExpectError(ErrorCode::kInvalidArgument, "'x'", [&] { session.Start({}, &seen); });
  SteppedRun stepped = session.Start({{"x", F32({3}, {1, 2, 3})}}, &seen);
  ExpectError(ErrorCode::kInvalidModel, "sum", [&] { stepped.Advance(); });
  EXPECT_FALSE(stepped.Advance());
  ExpectTensor(session.Run({{"x", F32({2}, {1, 2})}})["y"], F32({2}, {2, 4}));
}

TEST(SessionOptions, ValuesNobodyNeedsAreMadeOnRequest) {
  SessionOptions options;
  options.lower = false;
  options.also_make = {"side", "no such value"};
  Session session(Chain(), options);
  Seen seen;
  const TensorMap outputs = session.Run({{"x", F32({1}, {0})}}, &seen);
  ExpectTensor(seen.tensors["side"], F32({1}, {1}));
  EXPECT_EQ(outputs.size(), 1U);
}

TEST(SessionMemory, DroppedMemoryIsMadeAgain) {
  Session session(Chain());
  const TensorMap sample = {{"x", F32({2}, {2, -3})}};
  for (int run = 0; run < 3; ++run) {
    ExpectTensor(session.Run(sample)["y"], F32({2}, {4, 9}));
    session.DropMemory();
  }
}

}  // namespace
}  // namespace quantab
