// Operators that pick, place, find and order elements.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

TEST(Gather, AxesAndNegativeIndices) {
  const Tensor x = Iota({3, 2});
  ExpectTensor(OpTest("Gather", 13).Input(x).Input(I64({2, 1}, {2, -3})).RunOne(),
               F32({2, 1, 2}, {4, 5, 0, 1}));
  ExpectTensor(OpTest("Gather", 13).Input(x).Input(I32({}, {1})).Set("axis", -1).RunOne(),
               F32({3}, {1, 3, 5}));
  ExpectTensor(OpTest("Gather", 7).Input(x).Input(I64({0}, {})).RunOne(), F32({0, 2}, {}));
  ExpectError(ErrorCode::kInvalidArgument, "index 3 is outside a dimension of size 3",
              [&] { OpTest("Gather", 13).Input(x).Input(I64({1}, {3})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected 'int64' or 'int32'",
              [&] { OpTest("Gather", 13).Input(x).Input(F32({1}, {0})).RunOne(); });
}

TEST(GatherElements, AxesAndNegativeIndices) {
  const Tensor x = F32({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  ExpectTensor(
      OpTest("GatherElements", 13).Input(x).Input(I64({2, 3}, {1, 2, 0, 2, 0, 0})).RunOne(),
      F32({2, 3}, {4, 8, 3, 7, 2, 3}));
  ExpectTensor(OpTest("GatherElements", 11)
                   .Input(x)
                   .Input(I32({2, 2}, {-1, 0, 1, 1}))
                   .Set("axis", 1)
                   .RunOne(),
               F32({2, 2}, {3, 1, 5, 5}));
}

TEST(GatherND, TuplesAndBatches) {
  const Tensor x = Iota({2, 2, 2});
  ExpectTensor(OpTest("GatherND", 13).Input(x).Input(I64({2, 2}, {0, 1, -1, 0})).RunOne(),
               F32({2, 2}, {2, 3, 4, 5}));
  ExpectTensor(
      OpTest("GatherND", 13).Input(x).Input(I64({2, 1}, {1, 0})).Set("batch_dims", 1).RunOne(),
      F32({2, 2}, {2, 3, 4, 5}));
  ExpectTensor(OpTest("GatherND", 13).Input(x).Input(I64({1, 3}, {1, 1, 1})).RunOne(),
               F32({1}, {7}));
  ExpectError(ErrorCode::kInvalidModel, "do not fit",
              [&] { OpTest("GatherND", 13).Input(x).Input(I64({1, 4}, {0, 0, 0, 0})).RunOne(); });
}

TEST(ScatterElements, AssignsAndReduces) {
  const Tensor x = F32({1, 5}, {1, 2, 3, 4, 5});
  const auto scatter = [&](const Ints& at, const std::vector<float>& values,
                           const char* reduction) {
    const int64_t n = static_cast<int64_t>(at.size());
    return OpTest("ScatterElements", 18)
        .Input(x)
        .Input(I64({1, n}, at))
        .Input(F32({1, n}, values))
        .Set("axis", 1)
        .Set("reduction", reduction)
        .RunOne();
  };
  ExpectTensor(scatter({1, -2}, {9, 8}, "none"), F32({1, 5}, {1, 9, 3, 8, 5}));
  ExpectTensor(scatter({1, 1}, {9, 8}, "add"), F32({1, 5}, {1, 19, 3, 4, 5}));
  ExpectTensor(scatter({1, 1}, {9, 8}, "mul"), F32({1, 5}, {1, 144, 3, 4, 5}));
  ExpectTensor(scatter({1, 4}, {9, 0}, "max"), F32({1, 5}, {1, 9, 3, 4, 5}));
  ExpectTensor(scatter({1, 4}, {9, 0}, "min"), F32({1, 5}, {1, 2, 3, 4, 0}));
  ExpectTensor(OpTest("Scatter", 9)
                   .Input(Iota({2, 2}))
                   .Input(I64({1, 2}, {1, 0}))
                   .Input(F32({1, 2}, {7, 8}))
                   .RunOne(),
               F32({2, 2}, {0, 8, 7, 3}));
  ExpectError(ErrorCode::kInvalidArgument, "index 5", [&] { scatter({5}, {1}, "none"); });
  ExpectError(ErrorCode::kInvalidModel, "'reduction' is 'mean'",
              [&] { scatter({0}, {1}, "mean"); });
}

TEST(ScatterND, AssignsAndReduces) {
  const Tensor x = Iota({3, 2});
  ExpectTensor(OpTest("ScatterND", 11)
                   .Input(x)
                   .Input(I64({2, 1}, {2, 0}))
                   .Input(F32({2, 2}, {7, 8, 9, 10}))
                   .RunOne(),
               F32({3, 2}, {9, 10, 2, 3, 7, 8}));
  ExpectTensor(OpTest("ScatterND", 16)
                   .Input(I64({4}, {1, 2, 3, 4}))
                   .Input(I64({3, 1}, {1, 1, -1}))
                   .Input(I64({3}, {10, 20, 30}))
                   .Set("reduction", "add")
                   .RunOne(),
               I64({4}, {1, 32, 3, 34}));
  ExpectError(ErrorCode::kInvalidModel, "do not fit", [&] {
    OpTest("ScatterND", 11).Input(x).Input(I64({1, 1}, {0})).Input(F32({1, 3}, {1, 2, 3})).RunOne();
  });
}

TEST(Where, BroadcastsThreeInputs) {
  ExpectTensor(OpTest("Where", 16)
                   .Input(Bools({2, 1}, {true, false}))
                   .Input(I64({3}, {1, 2, 3}))
                   .Input(I64({}, {9}))
                   .RunOne(),
               I64({2, 3}, {1, 2, 3, 9, 9, 9}));
  ExpectTensor(OpTest("Where", 9)
                   .Input(Bools({4}, {true, false, false, true}))
                   .Input(Iota({4}))
                   .Input(Iota({4}, 10))
                   .RunOne(),
               F32({4}, {0, 11, 12, 3}));
}

TEST(ArgMax, TiesAxesAndKeepdims) {
  const Tensor x = F32({2, 3}, {1, 3, 3, 4, 2, 4});
  ExpectTensor(OpTest("ArgMax", 13).Input(x).Set("axis", 1).RunOne(), I64({2, 1}, {1, 0}));
  ExpectTensor(OpTest("ArgMax", 13)
                   .Input(x)
                   .Set("axis", -1)
                   .Set("keepdims", 0)
                   .Set("select_last_index", 1)
                   .RunOne(),
               I64({2}, {2, 2}));
  ExpectTensor(OpTest("ArgMin", 7).Input(x).Set("keepdims", 0).RunOne(), I64({3}, {0, 1, 0}));
  ExpectTensor(OpTest("ArgMin", 13).Input(U8({3}, {200, 100, 150})).RunOne(), I64({1}, {1}));
}

TEST(TopK, OpsetsOrdersAndTies) {
  const Tensor x = F32({2, 4}, {1, 4, 4, 2, 8, 7, 6, 9});
  std::vector<Tensor> y = OpTest("TopK", 9).Input(x).Set("k", 2).Outputs(2).Run();
  ExpectTensor(y[0], F32({2, 2}, {4, 4, 9, 8}));
  ExpectTensor(y[1], I64({2, 2}, {1, 2, 3, 0}));
  y = OpTest("TopK", 11).Input(x).Input(I64({1}, {3})).Set("largest", 0).Outputs(2).Run();
  ExpectTensor(y[0], F32({2, 3}, {1, 2, 4, 6, 7, 8}));
  ExpectTensor(y[1], I64({2, 3}, {0, 3, 1, 2, 1, 0}));
  y = OpTest("TopK", 11).Input(x).Input(I64({1}, {1})).Set("axis", 0).Outputs(2).Run();
  ExpectTensor(y[0], F32({1, 4}, {8, 7, 6, 9}));
  ExpectTensor(y[1], I64({1, 4}, {1, 1, 1, 1}));
  ExpectError(ErrorCode::kInvalidArgument, "k is 5",
              [&] { OpTest("TopK", 11).Input(x).Input(I64({1}, {5})).Outputs(2).Run(); });
}

TEST(CumSum, ExclusiveAndReverse) {
  const Tensor x = F32({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto sums = [&](int64_t axis, int exclusive, int reverse) {
    return OpTest("CumSum", 14)
        .Input(x)
        .Input(I64({}, {axis}))
        .Set("exclusive", exclusive)
        .Set("reverse", reverse)
        .RunOne();
  };
  ExpectTensor(sums(1, 0, 0), F32({2, 3}, {1, 3, 6, 4, 9, 15}));
  ExpectTensor(sums(-1, 1, 0), F32({2, 3}, {0, 1, 3, 0, 4, 9}));
  ExpectTensor(sums(1, 0, 1), F32({2, 3}, {6, 5, 3, 15, 11, 6}));
  ExpectTensor(sums(0, 1, 1), F32({2, 3}, {4, 5, 6, 0, 0, 0}));
}

TEST(OneHot, AxesAndIndicesOutside) {
  const auto one_hot = [](int64_t axis) {
    return OpTest("OneHot", 11)
        .Input(I64({3}, {0, -1, 5}))
        .Input(F32({}, {3}))
        .Input(I32({2}, {2, 7}))
        .Set("axis", axis)
        .RunOne();
  };
  ExpectTensor(one_hot(-1), I32({3, 3}, {7, 2, 2, 2, 2, 7, 2, 2, 2}));
  ExpectTensor(one_hot(0), I32({3, 3}, {7, 2, 2, 2, 2, 2, 2, 7, 2}));
}

TEST(NonZero, PositionsInColumns) {
  ExpectTensor(OpTest("NonZero", 13).Input(F32({2, 2}, {1, 0, 2, 3})).RunOne(),
               I64({2, 3}, {0, 1, 1, 0, 0, 1}));
  ExpectTensor(OpTest("NonZero", 9).Input(Bools({2}, {false, false})).RunOne(), I64({1, 0}, {}));
}

}  // namespace
}  // namespace quantab
