// Attention, RotaryEmbedding and SwiGLU. Expected values are worked by hand: with keys of 0 every
// score is equal, and an output row is the mean of the values its query attends.
#include <cmath>
#include <limits>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Tensor Constant(Shape shape, float value) { return Iota(std::move(shape), value, 0); }

TEST(AttentionTest, CausalOverManyBlocksOfQueries) {
  constexpr int kRows = 100;
  std::vector<float> expected;
  for (int i = 0; i < kRows; ++i) expected.push_back(static_cast<float>(i) / 2);
  const Tensor y = OpTest("Attention", 23)
                       .Input(Iota({1, 1, kRows, 8}))
                       .Input(Constant({1, 1, kRows, 8}, 0))
                       .Input(Iota({1, 1, kRows, 1}))
                       .Set("is_causal", 1)
                       .RunOne();
  ExpectTensor(y, F32({1, 1, kRows, 1}, expected), 1e-5);
}

TEST(AttentionTest, QueryHeadsShareKeyHeads) {
  // Heads side by side: value head 0 holds 1, head 1 holds 2.
  const Tensor y = OpTest("Attention", 23)
                       .Input(Iota({1, 2, 8}))
                       .Input(Constant({1, 3, 4}, 0))
                       .Input(F32({1, 3, 2}, {1, 2, 1, 2, 1, 2}))
                       .Set("q_num_heads", 4)
                       .Set("kv_num_heads", 2)
                       .RunOne();
  ExpectTensor(y, F32({1, 2, 4}, {1, 1, 2, 2, 1, 1, 2, 2}));
}

TEST(AttentionTest, TheCacheComesFirst) {
  const std::vector<Tensor> out = OpTest("Attention", 23)
                                      .Input(Constant({1, 1, 1, 2}, 1))
                                      .Input(Constant({1, 1, 1, 2}, 0))
                                      .Input(F32({1, 1, 1, 1}, {9}))
                                      .Absent()
                                      .Input(Constant({1, 1, 2, 2}, 0))
                                      .Input(F32({1, 1, 2, 1}, {3, 6}))
                                      .Set("is_causal", 1)
                                      .Outputs(3)
                                      .Run();
  ExpectTensor(out[0], F32({1, 1, 1, 1}, {6}));
  ExpectTensor(out[1], Constant({1, 1, 3, 2}, 0));
  ExpectTensor(out[2], F32({1, 1, 3, 1}, {3, 6, 9}));
}

TEST(AttentionTest, WindowsAndMasks) {
  const auto test = [](int64_t left, int64_t right) {
    return OpTest("Attention", 25)
        .Input(Constant({1, 1, 4, 2}, 1))
        .Input(Constant({1, 1, 4, 2}, 0))
        .Input(F32({1, 1, 4, 1}, {2, 4, 8, 16}))
        .Set("left_window_size", left)
        .Set("right_window_size", right);
  };
  ExpectTensor(test(1, 0).RunOne(), F32({1, 1, 4, 1}, {2, 3, 6, 12}));
  ExpectTensor(test(-1, 1).RunOne(), F32({1, 1, 4, 1}, {3, 14.0F / 3, 7.5F, 7.5F}), 1e-6);
  ExpectTensor(test(std::numeric_limits<int64_t>::max(), 0).RunOne(),
               F32({1, 1, 4, 1}, {2, 3, 14.0F / 3, 7.5F}), 1e-6);
  // A short mask hides the keys beyond it; the last query attends none.
  const Tensor mask = Bools({4, 2}, {true, true, true, false, false, true, false, false});
  ExpectTensor(OpTest("Attention", 24)
                   .Input(Constant({1, 1, 4, 2}, 1))
                   .Input(Constant({1, 1, 4, 2}, 0))
                   .Input(F32({1, 1, 4, 1}, {2, 4, 8, 16}))
                   .Input(mask)
                   .RunOne(),
               F32({1, 1, 4, 1}, {3, 2, 4, 0}));
  // Values that are masked may be anything, where keys are.
  ExpectTensor(OpTest("Attention", 23)
                   .Input(Constant({1, 1, 1, 2}, 1))
                   .Input(F32({1, 1, 2, 2}, {0, 0, kNaN, kInfinity}))
                   .Input(F32({1, 1, 2, 1}, {2, 4}))
                   .Input(F32({1, 2}, {0, -kInfinity}))
                   .RunOne(),
               F32({1, 1, 1, 1}, {2}));
}

TEST(AttentionTest, ScoresOfEveryStage) {
  const auto scores = [](int64_t mode) {
    return OpTest("Attention", 23)
        .Input(F32({1, 1, 1, 1}, {2}))
        .Input(F32({1, 1, 2, 1}, {0, 3}))
        .Input(F32({1, 1, 2, 1}, {1, 2}))
        .Input(F32({1, 2}, {0, -kInfinity}))
        .Set("scale", 0.5F)
        .Set("softcap", 2.0F)
        .Set("qk_matmul_output_mode", mode)
        .Outputs(4, {1, 2})
        .Run()[3];
  };
  const float capped = 2 * std::tanh(1.5F);
  ExpectTensor(scores(0), F32({1, 1, 1, 2}, {0, 3}));
  ExpectTensor(scores(1), F32({1, 1, 1, 2}, {0, capped}));
  ExpectTensor(scores(2), F32({1, 1, 1, 2}, {0, -kInfinity}));
  ExpectTensor(scores(3), F32({1, 1, 1, 2}, {1, 0}));
}

TEST(AttentionTest, Doubles) {
  ExpectTensor(OpTest("Attention", 23)
                   .Input(F64({1, 1, 1, 1}, {1}))
                   .Input(F64({1, 1, 2, 1}, {0, std::log(3.0)}))
                   .Input(F64({1, 1, 2, 1}, {0, 8}))
                   .RunOne(),
               F64({1, 1, 1, 1}, {6}), 0, 1e-12);
}

TEST(AttentionTest, EmptySizes) {
  const auto run = [](const Shape& q, const Shape& k, const Shape& v) {
    return OpTest("Attention", 23)
        .Input(Constant(q, 1))
        .Input(Constant(k, 1))
        .Input(Constant(v, 1))
        .RunOne();
  };
  ExpectTensor(run({1, 1, 2, 2}, {1, 1, 0, 2}, {1, 1, 0, 2}), Constant({1, 1, 2, 2}, 0));
  ExpectTensor(run({1, 1, 0, 2}, {1, 1, 3, 2}, {1, 1, 3, 2}), F32({1, 1, 0, 2}, {}));
  ExpectTensor(run({1, 1, 2, 0}, {1, 1, 3, 0}, {1, 1, 3, 2}), Constant({1, 1, 2, 2}, 1));
  ExpectTensor(run({1, 0, 2, 2}, {1, 0, 3, 2}, {1, 0, 3, 2}), F32({1, 0, 2, 2}, {}));
  constexpr int64_t kHuge = int64_t{1} << 61;
  ExpectTensor(run({1, 1, kHuge, 0}, {1, 1, kHuge, 0}, {1, 1, kHuge, 0}),
               F32({1, 1, kHuge, 0}, {}));
}

TEST(AttentionTest, ReportsInputsThatDoNotFit) {
  const auto run = [](const Shape& q, const Shape& k, const Shape& v) {
    OpTest("Attention", 23).Input(Iota(q)).Input(Iota(k)).Input(Iota(v)).RunOne();
  };
  const auto expect = [&](const Shape& q, const Shape& k, const Shape& v, const char* part) {
    ExpectError(ErrorCode::kInvalidModel, part, [&] { run(q, k, v); });
  };
  expect({1, 3, 2, 2}, {1, 2, 2, 2}, {1, 2, 2, 2}, "do not fit each other");
  expect({1, 2, 2, 2}, {1, 2, 2, 3}, {1, 2, 2, 2}, "do not fit each other");
  expect({1, 2, 2, 2}, {1, 2, 3, 2}, {1, 2, 2, 2}, "do not fit each other");
  expect({1, 2, 2, 2}, {1, 0, 2, 2}, {1, 0, 2, 2}, "do not fit each other");
  expect({2, 2}, {2, 2}, {2, 2}, "expected rank 3 or 4");
  expect({1, 2, 4}, {1, 2, 4}, {1, 2, 4}, "attribute 'q_num_heads' is '0'");
}

TEST(AttentionTest, ReportsMasksCachesAndCountsThatDoNotFit) {
  const auto base = [](int64_t opset) {
    OpTest test("Attention", opset);
    test.Input(Iota({2, 1, 2, 2})).Input(Iota({2, 1, 3, 2})).Input(Iota({2, 1, 3, 2}));
    return test;
  };
  ExpectError(ErrorCode::kInvalidModel, "does not broadcast",
              [&] { base(23).Input(Iota({2, 2})).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "input 3 of type 'int32'",
              [&] { base(23).Input(I32({1}, {1})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "come together",
              [&] { base(23).Absent().Input(Iota({2, 1, 1, 2})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "does not fit the inputs", [&] {
    base(23).Absent().Input(Iota({2, 1, 1, 2})).Input(Iota({2, 1, 2, 2})).RunOne();
  });
  ExpectError(ErrorCode::kInvalidArgument, "'nonpad_kv_seqlen' is '4'",
              [&] { base(24).Absent().Absent().Absent().Input(I64({2}, {1, 4})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "input 6 has shape [1]",
              [&] { base(24).Absent().Absent().Absent().Input(I64({1}, {1})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'left_window_size' is '-2'",
              [&] { base(25).Set("left_window_size", -2).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'qk_matmul_output_mode' is '4'",
              [&] { base(23).Set("qk_matmul_output_mode", 4).RunOne(); });
}

// --- RotaryEmbedding ---------------------------------------------------------------------------

OpTest Rotary(const Tensor& x, const Tensor& cosines, const Tensor& sines) {
  OpTest test("RotaryEmbedding", 23);
  test.Input(x).Input(cosines).Input(sines);
  return test;
}

TEST(RotaryEmbeddingTest, TurnsPairs) {
  const Tensor x = F32({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  // Row 0 turns by nothing, row 1 by a quarter.
  const Tensor cosines = F32({2, 2}, {1, 1, 0, 0}), sines = F32({2, 2}, {0, 0, 1, 1});
  ExpectTensor(Rotary(x, cosines, sines).Input(I64({1, 2}, {1, 0})).RunOne(),
               F32({1, 1, 2, 4}, {-3, -4, 1, 2, 5, 6, 7, 8}));
  ExpectTensor(Rotary(x, cosines, sines).Input(I64({1, 2}, {0, 1})).Set("interleaved", 1).RunOne(),
               F32({1, 1, 2, 4}, {1, 2, 3, 4, -6, 5, -8, 7}));
  ExpectTensor(Rotary(x, Constant({1, 2, 1}, 0), Constant({1, 2, 1}, 1))
                   .Set("rotary_embedding_dim", 2)
                   .RunOne(),
               F32({1, 1, 2, 4}, {-2, 1, 3, 4, -6, 5, 7, 8}));
}

TEST(RotaryEmbeddingTest, ReportsWhatDoesNotFit) {
  const Tensor x = Iota({1, 1, 2, 4});
  const Tensor cache = Iota({3, 2});
  ExpectError(ErrorCode::kInvalidArgument, "index 3",
              [&] { Rotary(x, cache, cache).Input(I64({1, 2}, {0, 3})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "input 3 has shape [2,1]",
              [&] { Rotary(x, cache, cache).Input(I64({2, 1}, {0, 1})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected rank 3",
              [&] { Rotary(x, cache, cache).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "cannot be turned pairwise", [&] {
    Rotary(x, cache, cache).Input(I64({1, 2}, {0, 1})).Set("rotary_embedding_dim", 6).RunOne();
  });
  ExpectError(ErrorCode::kInvalidModel, "attribute 'num_heads' is '0'",
              [&] { Rotary(Iota({1, 2, 4}), cache, cache).Input(I64({1, 2}, {0, 1})).RunOne(); });
}

// --- SwiGLU ------------------------------------------------------------------------------------

TEST(SwigluTest, GatesTheSecondInput) {
  // a * sigmoid(2 a): 1 / (1 + exp(-2)) at 1.
  const float gate = 1 / (1 + std::exp(-2.0F));
  ExpectTensor(OpTest("SwiGLU", 28)
                   .Input(F32({3}, {0, 1, -1}))
                   .Input(F32({3}, {5, 6, 7}))
                   .Set("alpha", 2.0F)
                   .RunOne(),
               F32({3}, {0, 6 * gate, -7 * (1 - gate)}), 1e-6);
  ExpectError(ErrorCode::kInvalidModel, "expected equal ones",
              [] { OpTest("SwiGLU", 28).Input(Iota({3})).Input(Iota({1})).RunOne(); });
}

}  // namespace
}  // namespace quantab
