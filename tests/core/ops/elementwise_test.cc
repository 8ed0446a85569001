// Element-wise operators: unary, binary with broadcasting, variadic, clipping, half precision.
#include <limits>

#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Unary, FloatFunctionsMatchTheirDefinitions) {
  struct Case {
    const char* name;
    double (*function)(double);
  };
  const Case cases[] = {
      {"Abs", [](double x) { return std::fabs(x); }},
      {"Neg", [](double x) { return -x; }},
      {"Ceil", [](double x) { return std::ceil(x); }},
      {"Floor", [](double x) { return std::floor(x); }},
      {"Erf", [](double x) { return std::erf(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Softplus", [](double x) { return std::log(1 + std::exp(x)); }},
      {"Softsign", [](double x) { return x / (1 + std::fabs(x)); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Sin", [](double x) { return std::sin(x); }},
      {"Atan", [](double x) { return std::atan(x); }},
      {"Asinh", [](double x) { return std::asinh(x); }},
      {"HardSwish", [](double x) { return x * std::fmax(0, std::fmin(1, x / 6 + 0.5)); }},
      {"Mish", [](double x) { return x * std::tanh(std::log(1 + std::exp(x))); }},
      {"Reciprocal", [](double x) { return 1 / x; }},
  };
  const Tensor x = Iota({3, 7}, -4.05f, 0.4f);
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    Tensor expected(DType::kFloat, x.shape());
    for (int64_t i = 0; i < x.count(); ++i) {
      expected.mutable_data<float>()[i] = static_cast<float>(test.function(x.data<float>()[i]));
    }
    ExpectTensor(OpTest(test.name, 22).Input(x).RunOne(), expected, 2e-6, 2e-6);
  }
}

TEST(Unary, RoundsHalfToEvenAndKeepsNan) {
  const Tensor x = F32({7}, {-2.5f, -1.5f, -0.4f, 0.5f, 1.5f, 2.5f, kNan});
  ExpectTensor(OpTest("Round", 11).Input(x).RunOne(), F32({7}, {-2, -2, 0, 0, 2, 2, kNan}));
  ExpectTensor(OpTest("Relu").Input(x).RunOne(), F32({7}, {0, 0, 0, 0.5f, 1.5f, 2.5f, kNan}));
}

TEST(Unary, IntegersAndDoubles) {
  ExpectTensor(OpTest("Abs").Input(I32({3}, {-7, 0, INT32_MIN})).RunOne(),
               I32({3}, {7, 0, INT32_MIN}));
  ExpectTensor(OpTest("Relu", 14).Input(I8({3}, {-7, 0, 9})).RunOne(), I8({3}, {0, 0, 9}));
  ExpectTensor(OpTest("Sign").Input(I64({3}, {-7, 0, 9})).RunOne(), I64({3}, {-1, 0, 1}));
  ExpectTensor(OpTest("Exp").Input(F64({2}, {0, 1})).RunOne(), F64({2}, {1, 2.718281828459045}), 0,
               1e-15);
}

TEST(Unary, NamesATypeItDoesNotKnow) {
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'int32'",
              [] { OpTest("Exp").Input(I32({1}, {1})).RunOne(); });
}

TEST(Activations, TakeTheirAttributes) {
  const Tensor x = F32({4}, {-2, -0.5f, 0.5f, 2});
  ExpectTensor(OpTest("LeakyRelu").Input(x).Set("alpha", 0.1f).RunOne(),
               F32({4}, {-0.2f, -0.05f, 0.5f, 2}));
  ExpectTensor(OpTest("Elu").Input(x).Set("alpha", 2.0f).RunOne(),
               F32({4}, {-1.7293294f, -0.7869387f, 0.5f, 2}), 1e-6);
  ExpectTensor(OpTest("HardSigmoid").Input(x).RunOne(), F32({4}, {0.1f, 0.4f, 0.6f, 0.9f}));
  ExpectTensor(OpTest("ThresholdedRelu").Input(x).RunOne(), F32({4}, {0, 0, 0, 2}));
  ExpectTensor(OpTest("Celu").Input(x).Set("alpha", 0.5f).RunOne(),
               F32({4}, {-0.4908422f, -0.3160603f, 0.5f, 2}), 1e-6);
  ExpectTensor(OpTest("Selu").Input(x).RunOne(),
               F32({4}, {-1.5201664f, -0.6917582f, 0.5253505f, 2.101402f}), 1e-6);
  ExpectTensor(OpTest("Gelu", 20).Input(x).RunOne(),
               F32({4}, {-0.0455003f, -0.1542688f, 0.3457312f, 1.9544997f}), 1e-6);
  ExpectTensor(OpTest("Gelu", 20).Input(x).Set("approximate", "tanh").RunOne(),
               F32({4}, {-0.0454023f, -0.1542860f, 0.3457140f, 1.9545977f}), 1e-6);
}

TEST(Clip, BoundsAreAttributesThenInputs) {
  const Tensor x = F32({4}, {-3, -1, 1, 3});
  ExpectTensor(OpTest("Clip", 6).Input(x).Set("min", -2.0f).Set("max", 2.0f).RunOne(),
               F32({4}, {-2, -1, 1, 2}));
  ExpectTensor(OpTest("Clip", 13).Input(x).Absent().Constant(F32({}, {0})).RunOne(),
               F32({4}, {-3, -1, 0, 0}));
  ExpectTensor(OpTest("Clip", 13).Input(I8({3}, {-9, 3, 9})).Constant(I8({}, {-1})).RunOne(),
               I8({3}, {-1, 3, 9}));
}

TEST(Binary, BroadcastsAsNumPy) {
  const Tensor a = Iota({2, 3, 2}, 0, 1);
  ExpectTensor(OpTest("Add").Input(a).Input(F32({3, 1}, {10, 20, 30})).RunOne(),
               F32({2, 3, 2}, {10, 11, 22, 23, 34, 35, 16, 17, 28, 29, 40, 41}));
  ExpectTensor(OpTest("Sub").Input(F32({2, 1, 1}, {1, 2})).Input(F32({1, 2}, {3, 5})).RunOne(),
               F32({2, 1, 2}, {-2, -4, -1, -3}));
  ExpectTensor(OpTest("Mul").Input(F32({}, {3})).Input(F32({3}, {1, 2, 3})).RunOne(),
               F32({3}, {3, 6, 9}));
  ExpectTensor(OpTest("Div").Input(Iota({0, 3})).Input(F32({}, {2})).RunOne(), F32({0, 3}, {}));
  ExpectTensor(
      OpTest("PRelu").Input(F32({2, 2}, {-1, 1, -2, 2})).Constant(F32({2, 1}, {.5f, 2})).RunOne(),
      F32({2, 2}, {-0.5f, 1, -4, 2}));
  ExpectError(ErrorCode::kInvalidModel, "shapes [2] and [3] cannot be broadcast",
              [] { OpTest("Add").Input(Iota({2})).Input(Iota({3})).RunOne(); });
}

TEST(Binary, IntegersWrapAndNeverTrap) {
  ExpectTensor(OpTest("Add").Input(I32({2}, {INT32_MAX, 1})).Input(I32({2}, {1, 2})).RunOne(),
               I32({2}, {INT32_MIN, 3}));
  ExpectTensor(
      OpTest("Div").Input(I32({3}, {7, -7, INT32_MIN})).Input(I32({3}, {2, 2, -1})).RunOne(),
      I32({3}, {3, -3, INT32_MIN}));
  ExpectError(ErrorCode::kInvalidModel, "divided by zero",
              [] { OpTest("Div").Input(I32({1}, {1})).Input(I32({1}, {0})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "types 'int32' and 'float32'",
              [] { OpTest("Mul").Input(I32({1}, {1})).Input(F32({1}, {0})).RunOne(); });
}

TEST(Binary, OneTensorTwiceIsNotOverwrittenTooEarly) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {4}).Output("y");
  builder.Node("Neg", {"x"}, {"a"}).Node("Mul", {"a", "a"}, {"b"}).Node("Add", {"b", "a"}, {"y"});
  Session session(builder.model());
  ExpectTensor(session.Run({{"x", F32({4}, {1, 2, 3, 4})}})["y"], F32({4}, {0, 2, 6, 12}));
}

TEST(Pow, SmallWholeAndMixedExponents) {
  const Tensor x = F32({3}, {-2, 0.5f, 3});
  ExpectTensor(OpTest("Pow").Input(x).Constant(F32({}, {2})).RunOne(), F32({3}, {4, 0.25f, 9}));
  ExpectTensor(OpTest("Pow").Input(x).Constant(F32({3}, {3, 0.5f, -1})).RunOne(),
               F32({3}, {-8, 0.70710678f, 0.33333333f}));
  ExpectTensor(OpTest("Pow").Input(I32({2}, {3, 2})).Constant(F32({2}, {2, -1})).RunOne(),
               I32({2}, {9, 0}));
  ExpectTensor(OpTest("Pow").Input(x).Constant(I64({}, {2})).RunOne(), F32({3}, {4, 0.25f, 9}));
}

TEST(Mod, TakesTheSignOfDivisorOrDividend) {
  const Tensor a = I32({4}, {-4, 7, 5, -5}), b = I32({4}, {3, -3, 8, -1});
  ExpectTensor(OpTest("Mod").Input(a).Input(b).RunOne(), I32({4}, {2, -2, 5, 0}));
  ExpectTensor(OpTest("Mod").Input(a).Input(b).Set("fmod", 1).RunOne(), I32({4}, {-1, 1, 5, 0}));
}

TEST(Variadic, FoldsWithBroadcasting) {
  const Tensor a = F32({2, 1}, {1, 4}), b = F32({3}, {2, 3, kNan}), d = F32({}, {2.5f});
  ExpectTensor(OpTest("Max").Input(a).Input(b).Input(d).RunOne(),
               F32({2, 3}, {2.5f, 3, kNan, 4, 4, kNan}));
  ExpectTensor(OpTest("Mean").Input(F32({2}, {1, 2})).Input(F32({2}, {3, 6})).RunOne(),
               F32({2}, {2, 4}));
  ExpectTensor(OpTest("Sum").Input(F32({2}, {1, kInf})).RunOne(), F32({2}, {1, kInf}));
  ExpectTensor(OpTest("Min").Input(I64({2}, {5, 1})).Input(I64({1}, {3})).RunOne(),
               I64({2}, {3, 1}));
}

TEST(Variadic, AMeanIsOfFloats) {
  OpTest test("Mean");
  for (int i = 0; i < 256; ++i) test.Input(I8({1}, {1}));
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'int8'", [&] { test.RunOne(); });
}

TEST(Half, WideningAndRoundingAreExactForEveryFloat16) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    const float value = HalfToFloat(half);
    if (std::isnan(value)) continue;
    ASSERT_EQ(FloatToHalf(value), half) << value;
  }
  EXPECT_EQ(HalfToFloat(0x3555), 0.333251953125f);
  EXPECT_EQ(HalfToFloat(0x0001), 0x1p-24f);
  EXPECT_EQ(FloatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(FloatToHalf(1.00048828125f), 0x3c00);  // halfway: to even
  EXPECT_EQ(FloatToHalf(1.00146484375f), 0x3c02);  // halfway: to even
  EXPECT_EQ(FloatToHalf(0x1p-25f), 0x0000);
  EXPECT_EQ(FloatToHalf(0x1.8p-25f), 0x0001);
  EXPECT_EQ(FloatToBfloat16(1.00390625f), 0x3f80);  // halfway: to even
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(kNan))));
}

Tensor F16(Shape shape, const std::vector<float>& values) {
  Tensor tensor(DType::kFloat16, shape);
  FloatToHalf(F32(shape, values), tensor);
  return tensor;
}

TEST(Half, OperatorsRunInFloatAndRoundOnce) {
  ExpectTensor(OpTest("Add").Input(F16({2}, {1, 2048})).Input(F16({2}, {0.5f, 1})).RunOne(),
               F16({2}, {1.5f, 2048}));
  // A constant operand that prepare() packs.
  ExpectTensor(OpTest("MatMul").Input(F16({1, 2}, {1, 2})).Constant(F16({2, 1}, {3, 4})).RunOne(),
               F16({1, 1}, {11}));
}

// ONNX's rules, and ONNX Runtime's results.
TEST(Half, OutputsHaveTheTypeThatTheOperatorSays) {
  const Tensor base = F32({2}, {2, 3}), exponent = F32({2}, {2, 3}), power = F32({2}, {4, 27});
  ExpectTensor(OpTest("Pow", 15).Input(base).Input(F16({2}, {2, 3})).RunOne(), power);
  ExpectTensor(OpTest("Pow", 15).Input(F16({2}, {2, 3})).Input(exponent).RunOne(),
               F16({2}, {4, 27}));
  ExpectTensor(OpTest("BatchNormalization", 15)
                   .Input(F16({1, 2, 3}, {0, 1, 2, 3, 4, 5}))
                   .Constant(F32({2}, {1, 2}))
                   .Constant(F32({2}, {0, 1}))
                   .Constant(F32({2}, {1, 4}))
                   .Constant(F32({2}, {1, 0.25f}))
                   .RunOne(),
               F16({1, 2, 3}, {-1, 0, 1, -3, 1, 5}));
  Tensor bfloat(DType::kBfloat16, {2});
  FloatToHalf(F32({2}, {1, 1}), bfloat);
  OpTest mixed("BatchNormalization", 15);
  mixed.Input(F16({1, 2}, {1, 2}));
  for (int i = 0; i < 4; ++i) mixed.Constant(bfloat);
  EXPECT_EQ(mixed.RunOne().dtype(), DType::kFloat16);
}

TEST(Half, LayerNormalizationKeepsItsStatisticsInFloat) {
  const auto run = [](int stash_type) {
    return OpTest("LayerNormalization")
        .Input(F16({2, 2}, {1, 3, 2, 6}))
        .Constant(F16({2}, {2, 2}))
        .Set("epsilon", 0.0f)
        .Set("stash_type", stash_type)
        .Outputs(3)
        .Run();
  };
  const std::vector<Tensor> y = run(1);
  ExpectTensor(y[0], F16({2, 2}, {-2, 2, -2, 2}));
  ExpectTensor(y[1], F32({2, 1}, {2, 4}));
  ExpectTensor(y[2], F32({2, 1}, {1, 0.5f}));
  ExpectError(ErrorCode::kUnsupported, "attribute 'stash_type' is '16'", [&] { run(16); });
}

TEST(Half, PadFillsWithItsValue) {
  ExpectTensor(OpTest("Pad", 10)
                   .Input(F16({1}, {1}))
                   .Set("pads", std::vector<int64_t>{1, 1})
                   .Set("value", 3.5f)
                   .RunOne(),
               F16({3}, {3.5f, 1, 3.5f}));
}

}  // namespace
}  // namespace quantab
