// Conversions, comparisons and logic.
#include <limits>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Tensor Cast(const Tensor& x, DType to) {
  return OpTest("Cast", 13).Input(x).Set("to", static_cast<int64_t>(to)).RunOne();
}

TEST(Cast, FloatsToIntegersTowardsZero) {
  ExpectTensor(Cast(F32({5}, {1.9F, -1.9F, 0.5F, -0.0F, 3e9F}), DType::kInt64),
               I64({5}, {1, -1, 0, 0, 3000000000}));
  ExpectTensor(Cast(F32({3}, {255, 7.5F, 0}), DType::kUint8), U8({3}, {255, 7, 0}));
  // Beyond the range: the same on every machine.
  ExpectTensor(Cast(F32({4}, {kInf, -kInf, kNaN, 1e30F}), DType::kInt64),
               I64({4}, {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
                         0, std::numeric_limits<int64_t>::max()}));
  ExpectTensor(Cast(F32({2}, {-1, 256}), DType::kUint8), U8({2}, {255, 0}));
}

TEST(Cast, IntegersKeepTheirLowBits) {
  ExpectTensor(Cast(I64({4}, {200, -1, 256, -129}), DType::kInt8), I8({4}, {-56, -1, 0, 127}));
  ExpectTensor(Cast(I32({2}, {-1, 7}), DType::kUint8), U8({2}, {255, 7}));
  ExpectTensor(Cast(I64({2}, {1 << 24, -3}), DType::kFloat), F32({2}, {16777216, -3}));
}

TEST(Cast, Booleans) {
  ExpectTensor(Cast(F32({5}, {0, -0.0F, 0.5F, kNaN, -2}), DType::kBool),
               Bools({5}, {false, false, true, true, true}));
  ExpectTensor(Cast(Bools({2}, {true, false}), DType::kFloat), F32({2}, {1, 0}));
  ExpectTensor(Cast(Bools({2}, {true, false}), DType::kInt64), I64({2}, {1, 0}));
}

TEST(Cast, HalfPrecisionRoundsToNearestEven) {
  // float16 of 1, 1 + 2^-11 (a tie), 65519 (rounds to the largest), 65520 (overflows), 2^-25.
  const Tensor half =
      Cast(F32({5}, {1, 1.00048828125F, 65519, 65520, 2.98023223876953125e-8F}), DType::kFloat16);
  ExpectTensor(Cast(half, DType::kFloat), F32({5}, {1, 1, 65504, kInf, 0}));
  // A tie between 1 and 1 + 2^-7, and 3e38 rounded to 226 * 2^120.
  const Tensor brain = Cast(F32({2}, {1.00390625F, 3.0e38F}), DType::kBfloat16);
  ExpectTensor(Cast(brain, DType::kDouble), F64({2}, {1, 3.0040552704739099e38}), 0, 1e-12);
  ExpectTensor(Cast(half, DType::kBool), Bools({5}, {true, true, true, true, false}));
  EXPECT_TRUE(SameBits(Cast(I64({1}, {1}), DType::kFloat16), Cast(F32({1}, {1}), DType::kFloat16)));
}

TEST(Cast, CastLikeTakesTheOtherType) {
  ExpectTensor(OpTest("CastLike", 15).Input(F32({2}, {1.5F, -2})).Input(I32({1}, {0})).RunOne(),
               I32({2}, {1, -2}));
}

TEST(Compare, AllRelations) {
  const Tensor a = F32({2, 2}, {1, 2, 3, kNaN});
  const Tensor b = F32({2}, {2, 2});
  const auto relation = [&](const char* op, int64_t opset) {
    return OpTest(op, opset).Input(a).Input(b).RunOne();
  };
  ExpectTensor(relation("Equal", 13), Bools({2, 2}, {false, true, false, false}));
  ExpectTensor(relation("Greater", 9), Bools({2, 2}, {false, false, true, false}));
  ExpectTensor(relation("Less", 7), Bools({2, 2}, {true, false, false, false}));
  ExpectTensor(relation("GreaterOrEqual", 12), Bools({2, 2}, {false, true, true, false}));
  ExpectTensor(relation("LessOrEqual", 16), Bools({2, 2}, {true, true, false, false}));
  ExpectTensor(OpTest("Equal", 7).Input(I64({2}, {1, -1})).Input(I64({2}, {1, 1})).RunOne(),
               Bools({2}, {true, false}));
  ExpectTensor(
      OpTest("Equal", 13).Input(Bools({2}, {true, false})).Input(Bools({}, {false})).RunOne(),
      Bools({2}, {false, true}));
  ExpectError(ErrorCode::kInvalidModel, "cannot be broadcast",
              [&] { OpTest("Less", 9).Input(a).Input(Iota({3})).RunOne(); });
}

TEST(Logical, TruthTables) {
  const Tensor a = Bools({2, 1}, {true, false});
  const Tensor b = Bools({2}, {true, false});
  ExpectTensor(OpTest("And", 7).Input(a).Input(b).RunOne(),
               Bools({2, 2}, {true, false, false, false}));
  ExpectTensor(OpTest("Or", 7).Input(a).Input(b).RunOne(),
               Bools({2, 2}, {true, true, true, false}));
  ExpectTensor(OpTest("Xor", 7).Input(a).Input(b).RunOne(),
               Bools({2, 2}, {false, true, true, false}));
  ExpectTensor(OpTest("Not", 7).Input(a).RunOne(), Bools({2, 1}, {false, true}));
}

TEST(IsNaN, FindsThem) {
  const Tensor x = F32({4}, {1, kNaN, kInf, -kInf});
  ExpectTensor(OpTest("IsNaN", 13).Input(x).RunOne(), Bools({4}, {false, true, false, false}));
  ExpectTensor(OpTest("IsInf", 10).Input(x).RunOne(), Bools({4}, {false, false, true, true}));
  ExpectTensor(OpTest("IsInf", 10).Input(x).Set("detect_negative", 0).RunOne(),
               Bools({4}, {false, false, true, false}));
}

}  // namespace
}  // namespace quantab
