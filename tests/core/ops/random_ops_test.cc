// Operators that draw random numbers. Expected values are those of numpy.random.RandomState, whose
// generator and distributions are the same.
#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

TEST(RandomUniform, DrawsAsNumPy) {
  ExpectTensor(
      OpTest("RandomUniform", 1).Set("shape", Ints{3}).Set("seed", 42.0f).Set("dtype", 11).RunOne(),
      F64({3}, {0.3745401188473625, 0.9507143064099162, 0.7319939418114051}), 0, 1e-15);
  ExpectTensor(OpTest("RandomUniform", 1)
                   .Set("shape", Ints{1, 2})
                   .Set("seed", 42.0f)
                   .Set("low", -1.0f)
                   .Set("high", 1.0f)
                   .RunOne(),
               F32({1, 2}, {-0.25091976f, 0.90142861f}));
}

TEST(RandomNormal, DrawsAsNumPy) {
  ExpectTensor(
      OpTest("RandomNormal", 1).Set("shape", Ints{3}).Set("seed", 42.0f).Set("dtype", 11).RunOne(),
      F64({3}, {0.4967141530112327, -0.13826430117118466, 0.6476885381006925}), 0, 1e-14);
  const Tensor y = OpTest("RandomNormalLike", 1)
                       .Input(Tensor(DType::kFloat16, {100, 100}))
                       .Set("mean", 3.0f)
                       .Set("scale", 2.0f)
                       .RunOne();
  ASSERT_EQ(y.dtype(), DType::kFloat16);
  const Tensor values = HalfToFloat(y);
  double sum = 0, squares = 0;
  for (float value : values.span<float>()) {
    sum += value;
    squares += (value - 3) * (value - 3);
  }
  EXPECT_NEAR(sum / 1e4, 3, 0.1);
  EXPECT_NEAR(squares / 1e4, 4, 0.2);
}

TEST(Random, NodesWithoutASeedDiffer) {
  GraphBuilder b(17);
  b.Node("RandomUniform", {}, {"a"}, {Attr("shape", Ints{8})});
  b.Node("RandomUniform", {}, {"b"}, {Attr("shape", Ints{8})});
  b.Output("a").Output("b");
  Session session(b.model());
  TensorMap first = session.Run({});
  EXPECT_FALSE(SameBits(first["a"], first["b"]));
  EXPECT_TRUE(SameBits(first["a"], session.Run({})["a"]));
}

TEST(Random, OddSeedsAndTypes) {
  for (float seed : {-1.0f, 0.5f, 1e30f, std::numeric_limits<float>::quiet_NaN(),
                     std::numeric_limits<float>::infinity()}) {
    const Tensor y = OpTest("RandomUniform", 1).Set("shape", Ints{2}).Set("seed", seed).RunOne();
    EXPECT_GE(y.data<float>()[0], 0);
    EXPECT_LE(y.data<float>()[0], 1);
  }
  ExpectTensor(OpTest("RandomUniform", 1).Set("shape", Ints{0}).RunOne(), F32({0}, {}));
  ExpectError(ErrorCode::kInvalidModel, "'shape' is missing",
              [] { OpTest("RandomNormal", 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidArgument, "negative dimension",
              [] { OpTest("RandomNormal", 1).Set("shape", Ints{-1}).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "type 'int64' are not supported",
              [] { OpTest("RandomUniformLike", 1).Input(I64({1}, {1})).RunOne(); });
}

TEST(Bernoulli, DrawsByProbability) {
  Tensor p(DType::kFloat, {10000});
  std::fill_n(p.mutable_data<float>(), p.count(), 0.3f);
  const Tensor y = OpTest("Bernoulli", 15).Input(p).Set("dtype", 7).RunOne();
  const auto drawn = y.span<int64_t>();
  EXPECT_NEAR(std::count(drawn.begin(), drawn.end(), 1) / 1e4, 0.3, 0.03);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 0) + std::count(drawn.begin(), drawn.end(), 1),
            10000);
  ExpectTensor(OpTest("Bernoulli", 15).Input(F64({2}, {0, 1})).RunOne(), F64({2}, {0, 1}));
  ExpectTensor(OpTest("Bernoulli", 15).Input(F32({2}, {0, 1})).Set("dtype", 9).RunOne(),
               Bools({2}, {false, true}));
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'int64'",
              [] { OpTest("Bernoulli", 15).Input(I64({1}, {1})).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "elements of type 'string'",
              [] { OpTest("Bernoulli", 15).Input(F32({1}, {1})).Set("dtype", 8).RunOne(); });
}

TEST(Multinomial, DrawsByLogarithms) {
  const float never = -std::numeric_limits<float>::infinity();
  const Tensor x = F32({2, 3}, {std::log(1.0f), std::log(3.0f), never, never, never, 5});
  const Tensor y =
      OpTest("Multinomial", 7).Input(x).Set("sample_size", 10000).Set("dtype", 7).RunOne();
  ASSERT_EQ(ToString(y.shape()), "[2,10000]");
  const int64_t* drawn = y.data<int64_t>();
  EXPECT_NEAR(std::count(drawn, drawn + 10000, 1) / 1e4, 0.75, 0.03);
  EXPECT_EQ(std::count(drawn, drawn + 10000, 2), 0);
  EXPECT_EQ(std::count(drawn + 10000, drawn + 20000, 2), 10000);
  ExpectTensor(OpTest("Multinomial", 7).Input(F32({1, 1}, {1000})).RunOne(), I32({1, 1}, {0}));
  ExpectTensor(OpTest("Multinomial", 7).Input(F32({0, 3}, {})).RunOne(), I32({0, 1}, {}));
  ExpectError(ErrorCode::kInvalidArgument, "row 0 has no outcome",
              [&] { OpTest("Multinomial", 7).Input(F32({1, 1}, {never})).RunOne(); });
  ExpectError(ErrorCode::kInvalidArgument, "row 0 has no outcome",
              [] { OpTest("Multinomial", 7).Input(F32({1, 0}, {})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected 'int32' or 'int64'",
              [&] { OpTest("Multinomial", 7).Input(x).Set("dtype", 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'sample_size' is -1",
              [&] { OpTest("Multinomial", 7).Input(x).Set("sample_size", -1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected rank 2",
              [] { OpTest("Multinomial", 7).Input(F32({1}, {1})).RunOne(); });
}

}  // namespace
}  // namespace quantab
