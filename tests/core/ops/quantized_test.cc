// Quantized operators. Expected values of products and convolutions are ONNX Runtime's.
#include <limits>

#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor U8Ramp(Shape shape, int step) {
  Tensor tensor(DType::kUint8, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * step % 256);
  }
  return tensor;
}
Tensor I8Ramp(Shape shape, int step) {
  Tensor tensor(DType::kInt8, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<int8_t>()[i] = static_cast<int8_t>(i * step % 256 - 128);
  }
  return tensor;
}

TEST(QuantizeLinear, RoundsHalfToEvenAndSaturates) {
  const Tensor x = F32({6}, {-300, -2.5f, 0.5f, 1.5f, 3, 300});
  ExpectTensor(
      OpTest("QuantizeLinear", 13).Input(x).Constant(F32({}, {1})).Constant(U8({}, {3})).RunOne(),
      U8({6}, {0, 1, 3, 5, 6, 255}));
  ExpectTensor(
      OpTest("QuantizeLinear", 13).Input(x).Constant(F32({}, {2})).Constant(I8({}, {-1})).RunOne(),
      I8({6}, {-128, -2, -1, 0, 1, 127}));
  ExpectTensor(OpTest("QuantizeLinear", 21)
                   .Input(x)
                   .Constant(F32({}, {0.001f}))
                   .Constant(MakeTensor<int16_t>({}, {0}))
                   .RunOne(),
               MakeTensor<int16_t>({6}, {-32768, -2500, 500, 1500, 3000, 32767}));
  ExpectTensor(OpTest("QuantizeLinear", 10).Input(F32({1}, {7})).Constant(F32({}, {1})).RunOne(),
               U8({1}, {7}));
}

TEST(QuantizeLinear, ByAxisAndByBlock) {
  const Tensor x = F32({2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  ExpectTensor(OpTest("QuantizeLinear", 13)
                   .Input(x)
                   .Constant(F32({2}, {1, 10}))
                   .Constant(I8({2}, {0, 1}))
                   .Set("axis", 0)
                   .RunOne(),
               I8({2, 4}, {1, 2, 3, 4, 2, 3, 4, 5}));
  ExpectTensor(OpTest("QuantizeLinear", 21)
                   .Input(x)
                   .Constant(F32({2, 2}, {1, 2, 10, 5}))
                   .Constant(I8({2, 2}, {0, 0, 0, 1}))
                   .Set("axis", 1)
                   .Set("block_size", 2)
                   .RunOne(),
               I8({2, 4}, {1, 2, 2, 2, 1, 2, 7, 9}));
  ExpectError(ErrorCode::kInvalidModel, "a scale of shape [3] does not fit", [&] {
    OpTest("QuantizeLinear", 13).Input(x).Constant(F32({3}, {1, 1, 1})).RunOne();
  });
}

TEST(DequantizeLinear, EveryWidth) {
  ExpectTensor(OpTest("DequantizeLinear", 13)
                   .Input(U8({2}, {0, 255}))
                   .Constant(F32({}, {0.5f}))
                   .Constant(U8({}, {128}))
                   .RunOne(),
               F32({2}, {-64, 63.5f}));
  ExpectTensor(OpTest("DequantizeLinear", 13)
                   .Input(I32({2}, {-7, 70000}))
                   .Constant(F32({}, {0.5f}))
                   .RunOne(),
               F32({2}, {-3.5f, 35000}));
  // 4-bit values 1, -2, 7 in two bytes, the first in the low half.
  Tensor packed(DType::kInt4, {3});
  packed.mutable_raw()[0] = std::byte{0xe1};
  packed.mutable_raw()[1] = std::byte{0x07};
  ExpectTensor(OpTest("DequantizeLinear", 21).Constant(packed).Input(F32({}, {2})).RunOne(),
               F32({3}, {2, -4, 14}));
  ExpectTensor(OpTest("DequantizeLinear", 21)
                   .Input(I8({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}))
                   .Input(F32({2, 2}, {1, 10, 100, 1000}))
                   .Set("axis", 0)
                   .Set("block_size", 2)
                   .RunOne(),
               F32({4, 2}, {1, 20, 3, 40, 500, 6000, 700, 8000}));
}

// ONNX Runtime's results.
TEST(QuantizeLinear, BlocksOfOneDimension) {
  const Tensor scale = F32({3}, {0.5f, 2, 4}), zero = I8({3}, {0, 1, 2});
  ExpectTensor(OpTest("QuantizeLinear", 21)
                   .Input(F32({5}, {1, 2, 3, 4, 5}))
                   .Constant(scale)
                   .Constant(zero)
                   .Set("axis", 0)
                   .Set("block_size", 2)
                   .RunOne(),
               I8({5}, {2, 4, 3, 3, 3}));
  ExpectTensor(OpTest("DequantizeLinear", 21)
                   .Input(I8({5}, {1, 2, 3, 4, 5}))
                   .Constant(scale)
                   .Constant(zero)
                   .Set("axis", 0)
                   .Set("block_size", 2)
                   .RunOne(),
               F32({5}, {0.5f, 1, 4, 6, 12}));
  const auto blocks = [&](int64_t size) {
    return OpTest("DequantizeLinear", 21)
        .Input(I8({5}, {1, 2, 3, 4, 5}))
        .Constant(F32({2}, {1, 10}))
        .Set("axis", 0)
        .Set("block_size", size)
        .RunOne();
  };
  ExpectTensor(blocks(4), F32({5}, {1, 2, 3, 4, 50}));
  ExpectError(ErrorCode::kInvalidModel, "a scale of shape [2] does not fit",
              [&] { blocks(std::numeric_limits<int64_t>::max()); });
}

TEST(DequantizeLinear, GivesTheTypeOfItsScaleOrTheOneAskedFor) {
  const auto as = [](DType dtype, const Tensor& scale, int64_t output_dtype) {
    const Tensor y = OpTest("DequantizeLinear", 23)
                         .Input(I8({3}, {1, 2, 3}))
                         .Constant(scale)
                         .Set("output_dtype", output_dtype)
                         .RunOne();
    EXPECT_EQ(NameOf(y.dtype()), NameOf(dtype));
    return IsHalf(y.dtype()) ? HalfToFloat(y) : y;
  };
  Tensor half_scale(DType::kFloat16, {});
  FloatToHalf(F32({}, {0.5f}), half_scale);
  const Tensor scale = F32({}, {0.5f}), expected = F32({3}, {0.5f, 1, 1.5f});
  for (const DType dtype : {DType::kFloat, DType::kFloat16, DType::kBfloat16}) {
    ExpectTensor(as(dtype, scale, static_cast<int64_t>(dtype)), expected);
    ExpectTensor(as(dtype, half_scale, static_cast<int64_t>(dtype)), expected);
  }
  ExpectTensor(as(DType::kFloat, scale, 0), expected);
  ExpectTensor(as(DType::kFloat16, half_scale, 0), expected);
  ExpectError(ErrorCode::kUnsupported, "dequantizing to 'float64'",
              [&] { as(DType::kDouble, scale, static_cast<int64_t>(DType::kDouble)); });
}

TEST(DynamicQuantizeLinear, WidensTheRangeToZero) {
  const std::vector<Tensor> y =
      OpTest("DynamicQuantizeLinear").Input(F32({3}, {1, 2, 5.1f})).Outputs(3).Run();
  ExpectTensor(y[0], U8({3}, {50, 100, 255}));
  ExpectTensor(y[1], F32({}, {0.02f}));
  ExpectTensor(y[2], U8({}, {0}));
}

TEST(MatMulInteger, ZeroPointsByRowAndColumn) {
  const Tensor a = U8({2, 2}, {11, 7, 3, 255}), b = U8({2, 2}, {1, 4, 2, 0});
  for (bool constant : {false, true}) {
    OpTest test("MatMulInteger");
    test.Input(a);
    constant ? test.Constant(b) : test.Input(b);
    test.Constant(U8({}, {12})).Constant(U8({2}, {1, 0}));
    ExpectTensor(test.RunOne(), I32({2, 2}, {-5, -4, 243, -36}));
  }
  ExpectTensor(OpTest("MatMulInteger").Input(a).Constant(b).Constant(U8({2}, {12, 0})).RunOne(),
               I32({2, 2}, {-11, -4, 513, 12}));
  // Without zero points, signed by signed.
  ExpectTensor(OpTest("MatMulInteger")
                   .Input(I8({1, 2}, {-128, 127}))
                   .Constant(I8({2, 1}, {-128, -128}))
                   .RunOne(),
               I32({1, 1}, {128}));
}

TEST(MatMulInteger, EmptyOperandsAndZeroPoints) {
  const Tensor none = U8({0}, {});
  const auto product = [](const Tensor& a, const Tensor& b, const Tensor& a_zero,
                          const Tensor& b_zero) {
    Tensor results[2];
    for (const bool constant : {true, false}) {
      OpTest test("MatMulInteger");
      test.Input(a);
      constant ? test.Constant(b) : test.Input(b);
      a_zero.exists() ? test.Input(a_zero) : test.Absent();
      if (b_zero.exists()) constant ? test.Constant(b_zero) : test.Input(b_zero);
      results[constant ? 1 : 0] = test.RunOne();
    }
    ExpectTensor(results[0], results[1]);
    return results[0];
  };
  // No columns, nothing to sum, no rows.
  ExpectTensor(product(U8({2, 1}, {1, 2}), U8({1, 0}, {}), {}, none), I32({2, 0}, {}));
  ExpectTensor(product(U8({2, 0}, {}), U8({0, 1}, {}), {}, {}), I32({2, 1}, {0, 0}));
  ExpectTensor(product(U8({0, 1}, {}), U8({1, 1}, {1}), none, {}), I32({0, 1}, {}));
  ExpectTensor(product(U8({2, 0}, {}), U8({0, 1}, {}), U8({2}, {1, 2}), {}), I32({2, 1}, {0, 0}));
  ExpectError(ErrorCode::kInvalidModel, "input 2 has shape [0]",
              [&] { product(U8({2, 0}, {}), U8({0, 1}, {}), none, {}); });
  ExpectError(ErrorCode::kInvalidModel, "input 3 has shape [0]",
              [&] { product(U8({1, 1}, {1}), U8({1, 2}, {1, 2}), {}, none); });
  ExpectError(ErrorCode::kInvalidModel, "input 3 has shape [4]",
              [&] { product(U8({1, 1}, {1}), U8({1, 2}, {1, 2}), {}, U8({4}, {1, 2, 3, 4})); });
  ExpectError(ErrorCode::kUnsupported, "input 3 of type 'int32'",
              [&] { product(U8({1, 1}, {1}), U8({1, 2}, {1, 2}), {}, I32({}, {1})); });
}

TEST(QLinearMatMul, MatchesOnnxRuntime) {
  ExpectTensor(OpTest("QLinearMatMul")
                   .Input(U8Ramp({3, 9}, 29))
                   .Constant(F32({}, {0.03f}))
                   .Constant(U8({}, {120}))
                   .Constant(I8Ramp({9, 4}, 31))
                   .Constant(F32({}, {0.02f}))
                   .Constant(I8({}, {3}))
                   .Constant(F32({}, {0.4f}))
                   .Constant(U8({}, {128}))
                   .RunOne(),
               U8({3, 4}, {161, 164, 119, 117, 162, 162, 117, 118, 164, 160, 115, 118}));
}

TEST(MatMulIntegerToFloat, MatchesOnnxRuntime) {
  ExpectTensor(OpTest("MatMulIntegerToFloat", 17, "com.microsoft")
                   .Input(U8Ramp({3, 9}, 29))
                   .Constant(I8Ramp({9, 4}, 31))
                   .Input(F32({}, {0.03f}))
                   .Constant(F32({4}, {0.02f, 0.01f, 0.005f, 0.001f}))
                   .Input(U8({}, {120}))
                   .Constant(I8({4}, {3, 0, -5, 1}))
                   .Constant(F32({4}, {1, 2, 3, 4}))
                   .RunOne(),
               F32({3, 4}, {14.1304f, 9.1196f, 2.0646f, 3.78592f, 14.7694f, 8.7461f, 1.92885f,
                            3.79252f, 15.4084f, 8.3726f, 1.7931f, 3.79912f}),
               1e-5);
}

TEST(DynamicQuantizeMatMul, QuantizesItsInput) {
  // Range [-1, 1.55]: scale 0.01, zero point 100; the products are exact in 8 bits.
  ExpectTensor(OpTest("DynamicQuantizeMatMul", 17, "com.microsoft")
                   .Input(F32({1, 2}, {-1, 1.55f}))
                   .Constant(I8({2, 1}, {10, 20}))
                   .Constant(F32({}, {0.5f}))
                   .Constant(I8({}, {0}))
                   .Constant(F32({1}, {2}))
                   .RunOne(),
               F32({1, 1}, {12.5f}), 1e-5);
}

TEST(ConvInteger, PadsWithTheZeroPoint) {
  const Tensor x = U8({1, 1, 2, 2}, {2, 3, 4, 5});
  ExpectTensor(OpTest("ConvInteger")
                   .Input(x)
                   .Constant(U8({1, 1, 2, 2}, {1, 1, 1, 1}))
                   .Constant(U8({}, {1}))
                   .Set("pads", std::vector<int64_t>{1, 1, 0, 0})
                   .RunOne(),
               I32({1, 1, 2, 2}, {1, 3, 4, 10}));
}

TEST(QLinearConv, MatchesOnnxRuntime) {
  for (bool constant : {false, true}) {
    OpTest test("QLinearConv");
    test.Input(U8Ramp({1, 8, 3, 3}, 29)).Constant(F32({}, {0.02f})).Constant(U8({}, {130}));
    const Tensor w = I8Ramp({4, 4, 2, 2}, 31);
    constant ? test.Constant(w) : test.Input(w);
    test.Constant(F32({4}, {0.01f, 0.02f, 0.005f, 0.03f})).Constant(I8({4}, {0, 0, 0, 0}));
    test.Constant(F32({}, {0.25f})).Constant(U8({}, {100}));
    test.Constant(I32({4}, {100, -2000, 5, 70})).Set("group", 2);
    test.Set("pads", std::vector<int64_t>{1, 0, 0, 0});
    ExpectTensor(test.RunOne(),
                 U8({1, 4, 3, 2}, {97,  99,  117, 114, 108, 106, 113, 110, 103, 98, 87, 81,
                                   108, 106, 90,  91,  94,  93,  176, 153, 66,  57, 40, 43}));
  }
}

}  // namespace
}  // namespace quantab
