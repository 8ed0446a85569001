// Element types of 8 bits and less, and strings: Cast, QuantizeLinear, DequantizeLinear, BitCast
// and the operators that move elements.
#include <limits>

#include "core/tensor/half.h"
#include "core/tensor/packed.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Tensor Codes(DType dtype, Shape shape, const std::vector<uint8_t>& codes) {
  Tensor tensor(dtype, shape);
  PackElements(U8(shape, codes), tensor);
  return tensor;
}

Tensor Texts(Shape shape, const std::vector<std::string>& values) {
  Tensor tensor(DType::kString, std::move(shape));
  tensor.mutable_strings() = values;
  return tensor;
}

Tensor Cast(const Tensor& x, DType to) {
  return OpTest("Cast", 25).Input(x).Set("to", static_cast<int64_t>(to)).RunOne();
}

TEST(Cast, IntegersNarrowerThanAByte) {
  // The low bits are kept.
  ExpectTensor(Cast(I32({5}, {-9, 7, 15, 16, -1}), DType::kUint4),
               Codes(DType::kUint4, {5}, {7, 7, 15, 0, 15}));
  ExpectTensor(Cast(Codes(DType::kInt4, {3}, {7, 8, 15}), DType::kInt64), I64({3}, {7, -8, -1}));
  ExpectTensor(Cast(F32({4}, {-2.5F, 1.9F, kNaN, 5}), DType::kInt2),
               Codes(DType::kInt2, {4}, {2, 1, 0, 1}));
  ExpectTensor(Cast(Codes(DType::kInt2, {5}, {0, 1, 2, 3, 2}), DType::kInt4),
               Codes(DType::kInt4, {5}, {0, 1, 14, 15, 14}));
  ExpectTensor(Cast(Codes(DType::kUint2, {3}, {0, 3, 1}), DType::kBool),
               Bools({3}, {false, true, true}));
  EXPECT_EQ(Cast(F32({0, 3}, {}), DType::kInt4).count(), 0);
}

TEST(Cast, SmallFloats) {
  // 0.8 lies between 0.5 and 1, 5.5 between 4 and 6.
  ExpectTensor(Cast(F64({4}, {0.8, -5.5, 100, 0}), DType::kFloat4E2M1),
               Codes(DType::kFloat4E2M1, {4}, {2, 15, 7, 0}));
  ExpectTensor(Cast(Codes(DType::kFloat8E5M2, {3}, {0x3c, 0xfc, 0x7d}), DType::kDouble),
               F64({3}, {1, -kInf, kNaN}));
  ExpectTensor(Cast(Bools({2}, {true, false}), DType::kFloat8E4M3FN),
               Codes(DType::kFloat8E4M3FN, {2}, {0x38, 0}));
  ExpectTensor(Cast(Codes(DType::kFloat6E3M2, {5}, {1, 2, 3, 4, 63}), DType::kFloat),
               F32({5}, {0.0625F, 0.125F, 0.1875F, 0.25F, -28}));
  ExpectError(ErrorCode::kInvalidModel, "'round_mode' is 'sideways'", [] {
    OpTest("Cast", 24).Input(F32({1}, {1})).Set("to", 24).Set("round_mode", "sideways").RunOne();
  });
  ExpectError(ErrorCode::kUnsupported, "from 'float32' to 'complex64'",
              [] { Cast(F32({1}, {1}), DType::kComplex64); });
}

TEST(Cast, TextsAreNumbers) {
  ExpectTensor(Cast(Texts({6}, {"3.14", "1E8", " -2 ", "+INF", "-inf", "NaN"}), DType::kFloat),
               F32({6}, {3.14F, 1e8F, -2, kInf, -kInf, kNaN}));
  ExpectTensor(Cast(Texts({4}, {"9223372036854775807", "-5", "100.5", "+3"}), DType::kInt64),
               I64({4}, {std::numeric_limits<int64_t>::max(), -5, 100, 3}));
  ExpectTensor(Cast(Texts({2}, {"0", "1e-3"}), DType::kBool), Bools({2}, {false, true}));
  ExpectTensor(Cast(Texts({1}, {"1.5"}), DType::kFloat8E4M3FN),
               Codes(DType::kFloat8E4M3FN, {1}, {0x3c}));
  for (const std::string text : {"Hello World!", "", "1,5", "0x10", "+-5", "7 8"}) {
    ExpectError(ErrorCode::kInvalidArgument, "The text '" + text + "' is not a number",
                [&] { Cast(Texts({1}, {text}), DType::kInt32); });
  }
}

TEST(Cast, NumbersAreTexts) {
  ExpectTensor(Cast(F32({7}, {0.47892547F, 1, -2.5F, 1e-7F, kNaN, kInf, -kInf}), DType::kString),
               Texts({7}, {"0.47892547", "1", "-2.5", "1e-07", "NaN", "INF", "-INF"}));
  ExpectTensor(Cast(F64({3}, {0.1, 314.15926, 1e15}), DType::kString),
               Texts({3}, {"0.1", "314.15926", "1000000000000000"}));
  ExpectTensor(Cast(I8({2}, {-128, 5}), DType::kString), Texts({2}, {"-128", "5"}));
  ExpectTensor(Cast(Codes(DType::kUint4, {2}, {9, 15}), DType::kString), Texts({2}, {"9", "15"}));
}

TEST(Cast, BeforeOpset6TheTypeIsAName) {
  ExpectTensor(OpTest("Cast", 5).Input(F32({2}, {1.5F, -2})).Set("to", "INT32").RunOne(),
               I32({2}, {1, -2}));
  ExpectError(ErrorCode::kInvalidModel, "'to' is 'NUMBER'",
              [] { OpTest("Cast", 5).Input(F32({1}, {1})).Set("to", "NUMBER").RunOne(); });
}

TEST(QuantizeLinear, SmallFloats) {
  const auto run = [](DType dtype, int saturate) {
    return OpTest("QuantizeLinear", 23)
        .Input(F32({5}, {0, 1, 2, 100000, 200}))
        .Constant(F32({}, {2}))
        .Set("output_dtype", static_cast<int64_t>(dtype))
        .Set("saturate", saturate)
        .RunOne();
  };
  // 0, 0.5, 1, the largest or NaN, 96: 100 is half way between 96 and 104.
  ExpectTensor(run(DType::kFloat8E4M3FN, 1),
               Codes(DType::kFloat8E4M3FN, {5}, {0, 0x30, 0x38, 0x7e, 0x6c}));
  ExpectTensor(run(DType::kFloat8E4M3FN, 0),
               Codes(DType::kFloat8E4M3FN, {5}, {0, 0x30, 0x38, 0x7f, 0x6c}));
  ExpectTensor(run(DType::kFloat4E2M1, 0), Codes(DType::kFloat4E2M1, {5}, {0, 1, 2, 7, 7}));
  ExpectTensor(run(DType::kUint2, 1), Codes(DType::kUint2, {5}, {0, 0, 1, 3, 3}));
  ExpectError(ErrorCode::kUnsupported, "quantizing to 'float8e8m0'",
              [&] { run(DType::kFloat8E8M0, 1); });
  ExpectError(ErrorCode::kUnsupported, "quantizing to 'float32'", [&] { run(DType::kFloat, 1); });
}

TEST(QuantizeLinear, ThePrecisionOfTheQuotient) {
  const auto run = [](int64_t precision) {
    return OpTest("QuantizeLinear", 23)
        .Input(F32({2}, {1.2504F, -1.2504F}))
        .Constant(F32({}, {0.5001F}))
        .Constant(I8({}, {0}))
        .Set("precision", precision)
        .RunOne();
  };
  // 2.5003 rounds to 3; in bfloat16 the quotient is 2.5, which rounds to 2.
  ExpectTensor(run(0), I8({2}, {3, -3}));
  ExpectTensor(run(static_cast<int64_t>(DType::kBfloat16)), I8({2}, {2, -2}));
  ExpectError(ErrorCode::kUnsupported, "precision 'int8'", [&] { run(3); });
}

TEST(QuantizeLinear, TypesMustAgree) {
  ExpectError(ErrorCode::kInvalidModel, "'output_dtype' is 'uint8', but input 2 has type 'int8'",
              [] {
                OpTest("QuantizeLinear", 21)
                    .Input(F32({1}, {1}))
                    .Constant(F32({}, {1}))
                    .Constant(I8({}, {0}))
                    .Set("output_dtype", 2)
                    .RunOne();
              });
  const auto dequantize = [](const Tensor& x, const Tensor& zero) {
    OpTest("DequantizeLinear", 21).Input(x).Constant(F32({}, {1})).Constant(zero).RunOne();
  };
  ExpectError(ErrorCode::kInvalidModel, "expected one type",
              [&] { dequantize(Codes(DType::kInt4, {1}, {1}), Codes(DType::kUint4, {}, {0})); });
  ExpectError(ErrorCode::kUnsupported, "input 2 of type 'float32'",
              [&] { dequantize(I8({1}, {1}), F32({}, {1e30F})); });
  ExpectError(ErrorCode::kInvalidModel, "different shapes",
              [&] { dequantize(I8({1}, {1}), I8({2}, {1, 2})); });
}

TEST(QuantizeLinear, ScalesOfOtherTypes) {
  const Tensor half = Codes(DType::kFloat8E8M0, {}, {126});
  ExpectTensor(OpTest("QuantizeLinear", 24).Input(F32({2}, {1, 3})).Constant(half).RunOne(),
               U8({2}, {2, 6}));
  ExpectTensor(OpTest("QuantizeLinear", 24).Input(I32({2}, {4, 9})).Constant(I32({}, {2})).RunOne(),
               U8({2}, {2, 4}));
  ExpectTensor(OpTest("DequantizeLinear", 24)
                   .Input(Codes(DType::kFloat4E2M1, {3}, {1, 7, 15}))
                   .Constant(half)
                   .Set("output_dtype", 1)
                   .RunOne(),
               F32({3}, {0.25F, 3, -3}));
}

TEST(DequantizeLinear, CodesByAxisWithZeroPoints) {
  ExpectTensor(OpTest("DequantizeLinear", 25)
                   .Input(Codes(DType::kInt2, {2, 3}, {0, 1, 2, 3, 0, 1}))
                   .Constant(F32({2}, {1, 10}))
                   .Constant(Codes(DType::kInt2, {2}, {1, 3}))
                   .Set("axis", 0)
                   .RunOne(),
               F32({2, 3}, {-1, 0, -3, 0, 10, 20}));
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'float8e8m0'", [] {
    OpTest("DequantizeLinear", 25)
        .Input(Codes(DType::kFloat8E8M0, {1}, {1}))
        .Constant(F32({}, {1}))
        .RunOne();
  });
}

TEST(BitCast, KeepsTheBits) {
  const auto run = [](const Tensor& x, DType to) {
    return OpTest("BitCast", 26).Input(x).Set("to", static_cast<int64_t>(to)).RunOne();
  };
  ExpectTensor(run(F32({2}, {1, -0.0F}), DType::kInt32),
               I32({2}, {0x3f800000, std::numeric_limits<int32_t>::min()}));
  ExpectTensor(run(Codes(DType::kInt4, {3}, {8, 1, 15}), DType::kFloat4E2M1),
               Codes(DType::kFloat4E2M1, {3}, {8, 1, 15}));
  ExpectTensor(run(U8({3}, {0, 1, 200}), DType::kBool), Bools({3}, {false, true, true}));
  ExpectError(ErrorCode::kInvalidModel, "as many bits as 'int64'",
              [&] { run(F32({1}, {1}), DType::kInt64); });
  ExpectError(ErrorCode::kInvalidModel, "as many bits as 'string'",
              [&] { run(Texts({1}, {"a"}), DType::kString); });
  ExpectError(ErrorCode::kInvalidModel, "as many bits as 'undefined'",
              [&] { run(F32({1}, {1}), DType::kUndefined); });
}

TEST(Movable, Texts) {
  const Tensor x = Texts({2, 3}, {"a", "b", "c", "d", "e", ""});
  ExpectTensor(OpTest("Gather", 13).Input(x).Input(I64({2}, {-1, 0})).Set("axis", 1).RunOne(),
               Texts({2, 2}, {"c", "a", "", "d"}));
  ExpectTensor(OpTest("Pad", 13).Input(x).Input(I64({4}, {0, 1, 0, -1})).RunOne(),
               Texts({2, 3}, {"", "a", "b", "", "d", "e"}));
  ExpectTensor(OpTest("Where", 16)
                   .Input(Bools({3}, {true, false, true}))
                   .Input(x)
                   .Input(Texts({}, {"z"}))
                   .RunOne(),
               Texts({2, 3}, {"a", "z", "c", "d", "z", ""}));
  ExpectTensor(OpTest("ScatterND", 13)
                   .Input(x)
                   .Input(I64({1, 2}, {1, 2}))
                   .Input(Texts({1}, {"new"}))
                   .RunOne(),
               Texts({2, 3}, {"a", "b", "c", "d", "e", "new"}));
  ExpectTensor(OpTest("OneHot", 11)
                   .Input(I64({2}, {1, 0}))
                   .Input(I64({}, {2}))
                   .Input(Texts({2}, {"off", "on"}))
                   .RunOne(),
               Texts({2, 2}, {"off", "on", "on", "off"}));
  ExpectTensor(OpTest("Expand", 13).Input(Texts({1}, {"a"})).Input(I64({2}, {0, 1})).RunOne(),
               Texts({0, 1}, {}));
  ExpectTensor(OpTest("Equal", 19).Input(x).Input(Texts({1}, {"e"})).RunOne(),
               Bools({2, 3}, {false, false, false, false, true, false}));
}

TEST(Movable, ElementsNarrowerThanAByte) {
  const Tensor x = Codes(DType::kInt4, {3}, {1, 15, 7});
  ExpectTensor(OpTest("Slice", 13)
                   .Input(x)
                   .Input(I64({1}, {2}))
                   .Input(I64({1}, {-4}))
                   .Input(I64({1}, {0}))
                   .Input(I64({1}, {-1}))
                   .RunOne(),
               Codes(DType::kInt4, {3}, {7, 15, 1}));
  ExpectTensor(OpTest("Tile", 13).Input(x).Input(I64({1}, {2})).RunOne(),
               Codes(DType::kInt4, {6}, {1, 15, 7, 1, 15, 7}));
  ExpectTensor(OpTest("Pad", 25)
                   .Input(Codes(DType::kUint2, {2}, {3, 1}))
                   .Input(I64({2}, {1, 1}))
                   .Input(Codes(DType::kUint2, {}, {2}))
                   .RunOne(),
               Codes(DType::kUint2, {4}, {2, 3, 1, 2}));
  ExpectTensor(OpTest("ConstantOfShape", 25)
                   .Input(I64({1}, {5}))
                   .Set("value", Codes(DType::kInt4, {1}, {9}))
                   .RunOne(),
               Codes(DType::kInt4, {5}, {9, 9, 9, 9, 9}));
}

TEST(Movable, RefusesWhatIsNoMovement) {
  const Tensor texts = Texts({2}, {"a", "b"});
  ExpectError(ErrorCode::kInvalidModel, "has type 'uint4', expected 'int4'", [] {
    OpTest("Where", 16)
        .Input(Bools({1}, {true}))
        .Input(Codes(DType::kInt4, {1}, {1}))
        .Input(Codes(DType::kUint4, {1}, {1}))
        .RunOne();
  });
  ExpectError(ErrorCode::kInvalidModel, "has type 'uint8', expected 'int4'", [] {
    OpTest("Where", 16)
        .Input(Bools({1}, {true}))
        .Input(Codes(DType::kInt4, {1}, {1}))
        .Input(U8({1}, {1}))
        .RunOne();
  });
  ExpectError(ErrorCode::kUnsupported, "'string'", [&] {
    OpTest("ScatterND", 16)
        .Input(texts)
        .Input(I64({1, 1}, {0}))
        .Input(Texts({1}, {"c"}))
        .Set("reduction", "add")
        .RunOne();
  });
  ExpectError(ErrorCode::kUnsupported, "'string'",
              [&] { OpTest("OneHot", 11).Input(texts).Input(I64({}, {2})).Input(texts).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "'string'", [&] {
    OpTest("Resize", 13)
        .Input(texts)
        .Absent()
        .Constant(F32({1}, {2}))
        .Set("mode", "linear")
        .RunOne();
  });
  ExpectError(ErrorCode::kUnsupported, "'string'", [&] {
    OpTest("ConstantOfShape", 25).Input(I64({1}, {5})).Set("value", Texts({1}, {"a"})).RunOne();
  });
}

}  // namespace
}  // namespace quantab
