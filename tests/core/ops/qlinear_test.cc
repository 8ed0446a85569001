// ONNX Runtime's further 8-bit operators. Expected values are ONNX Runtime's.
#include <random>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

OpTest Microsoft(const std::string& op_type) { return OpTest(op_type, 17, "com.microsoft"); }

const Tensor kA = U8({2, 3}, {0, 41, 82, 123, 164, 205});

// A scale and a zero point.
OpTest& By(OpTest& test, float scale, uint8_t zero) {
  return test.Constant(F32({}, {scale})).Constant(U8({}, {zero}));
}

TEST(QLinearBinary, AddAndBroadcastMul) {
  OpTest add = Microsoft("QLinearAdd");
  By(add.Input(kA), 0.03f, 100);
  By(add.Input(U8({2, 3}, {0, 123, 41, 164, 82, 205})), 0.05f, 20);
  ExpectTensor(By(add, 0.1f, 60).RunOne(), U8({2, 3}, {20, 94, 65, 139, 110, 184}));
  OpTest mul = Microsoft("QLinearMul");
  By(mul.Input(kA), 0.03f, 100);
  By(mul.Input(U8({1, 3}, {0, 41, 82})), 0.05f, 20);
  ExpectTensor(By(mul, 0.2f, 60).RunOne(), U8({2, 3}, {75, 51, 52, 57, 70, 109}));
}

TEST(QLinearUnary, SigmoidAndLeakyRelu) {
  for (bool constant : {true, false}) {
    OpTest sigmoid = Microsoft("QLinearSigmoid");
    By(sigmoid.Input(kA), 0.03f, 100);
    if (constant) {
      By(sigmoid, 0.004f, 3);
    } else {
      sigmoid.Input(F32({}, {0.004f})).Input(U8({}, {3}));
    }
    ExpectTensor(sigmoid.RunOne(), U8({2, 3}, {15, 39, 95, 169, 221, 243}));
  }
  OpTest leaky = Microsoft("QLinearLeakyRelu");
  By(leaky.Input(kA), 0.03f, 100);
  ExpectTensor(By(leaky, 0.02f, 90).Set("alpha", 0.1f).RunOne(),
               U8({2, 3}, {75, 81, 87, 124, 186, 248}));
}

// Results are ONNX Runtime's.
TEST(QLinearUnary, Int8WithoutZeroPoints) {
  const Tensor x = I8({7}, {-128, -40, -1, 0, 1, 40, 127});
  ExpectTensor(Microsoft("QLinearSigmoid")
                   .Input(x)
                   .Constant(F32({}, {0.05f}))
                   .Absent()
                   .Constant(F32({}, {0.008f}))
                   .RunOne(),
               I8({7}, {0, 15, 61, 62, 64, 110, 125}));
  ExpectTensor(Microsoft("QLinearLeakyRelu")
                   .Input(x)
                   .Constant(F32({}, {0.05f}))
                   .Absent()
                   .Input(F32({}, {0.04f}))
                   .Set("alpha", 0.5f)
                   .RunOne(),
               I8({7}, {-80, -25, -1, 0, 1, 50, 127}));
}

TEST(QLinear, ZeroPointsAreOf8Bits) {
  Tensor two_bytes(DType::kUint16, {}), half_a_byte(DType::kInt4, {});
  two_bytes.mutable_data<uint16_t>()[0] = 300;
  half_a_byte.mutable_raw()[0] = std::byte{0};
  const Tensor scale = F32({}, {0.1f});
  for (const Tensor& zero : {two_bytes, half_a_byte}) {
    const std::string type(NameOf(zero.dtype()));
    OpTest add = Microsoft("QLinearAdd");
    By(By(add.Input(kA), 0.03f, 100).Input(kA), 0.05f, 20).Constant(scale).Constant(zero);
    ExpectError(ErrorCode::kUnsupported, "input 7 of type '" + type + "'", [&] { add.RunOne(); });
    OpTest gemm = Microsoft("QGemm");
    By(By(gemm.Input(kA), 0.03f, 100).Input(U8({3, 2}, {1, 2, 3, 4, 5, 6})), 0.05f, 20);
    gemm.Absent().Constant(scale).Constant(zero);
    ExpectError(ErrorCode::kUnsupported, "input 8 of type '" + type + "'", [&] { gemm.RunOne(); });
    OpTest pool = Microsoft("QLinearGlobalAveragePool");
    By(pool.Input(kA.Reshaped({1, 2, 3, 1})), 0.03f, 100).Constant(scale).Constant(zero);
    ExpectError(ErrorCode::kUnsupported, "input 4 of type '" + type + "'", [&] { pool.RunOne(); });
    // As the zero point of what comes in, and of what goes out.
    OpTest in = Microsoft("QLinearSigmoid"), out = Microsoft("QLinearSigmoid");
    By(in.Input(kA).Constant(scale).Constant(zero), 0.004f, 3);
    By(out.Input(kA), 0.03f, 100).Constant(scale).Constant(zero);
    for (OpTest* test : {&in, &out}) {
      ExpectError(ErrorCode::kUnsupported, "scalars of float32 and 8-bit types",
                  [&] { test->RunOne(); });
    }
  }
}

TEST(QLinearConcat, RequantizesEachInput) {
  OpTest concat = Microsoft("QLinearConcat");
  By(concat, 0.05f, 50);
  By(concat.Input(kA), 0.03f, 100);
  By(concat.Input(kA), 0.05f, 50);
  ExpectTensor(concat.Set("axis", 1).RunOne(),
               U8({2, 6}, {0, 15, 39, 0, 41, 82, 64, 88, 113, 123, 164, 205}));
}

TEST(QLinearPool, GlobalAverage) {
  OpTest pool = Microsoft("QLinearGlobalAveragePool");
  By(pool.Input(kA.Reshaped({1, 2, 3, 1})), 0.03f, 100);
  ExpectTensor(By(pool, 0.02f, 90).RunOne(), U8({1, 2, 1, 1}, {2, 186}));
}

// The mean of a thousand bytes is exact before it is rounded; float32 sums err by far less than a
// step.
TEST(QLinearPool, GlobalAverageOfEitherLayout) {
  constexpr int64_t kImages = 2, kPixels = 1000, kChannels = 35;
  for (const DType dtype : {DType::kUint8, DType::kInt8}) {
    Tensor first(dtype, {kImages, kChannels, kPixels}), last(dtype, {kImages, kPixels, kChannels});
    std::mt19937 random(3);
    for (int64_t n = 0; n < kImages; ++n) {
      for (int64_t q = 0; q < kPixels; ++q) {
        for (int64_t k = 0; k < kChannels; ++k) {
          const auto byte = static_cast<std::byte>(k == 0 ? 255 : random() % 256);
          first.mutable_raw()[(n * kChannels + k) * kPixels + q] = byte;
          last.mutable_raw()[(n * kPixels + q) * kChannels + k] = byte;
        }
      }
    }
    const auto run = [&](const Tensor& x, bool is_last) {
      OpTest pool = Microsoft("QLinearGlobalAveragePool");
      const Tensor zero = dtype == DType::kInt8 ? I8({}, {-9}) : U8({}, {119});
      pool.Input(x).Constant(F32({}, {0.03f})).Constant(zero);
      pool.Constant(F32({}, {0.02f})).Constant(zero);
      return pool.Set("channels_last", is_last ? 1 : 0).RunOne();
    };
    const Tensor want = run(first, false), got = run(last, true);
    ASSERT_EQ(got.shape(), (Shape{kImages, 1, kChannels}));
    ASSERT_EQ(got.dtype(), dtype);
    for (int64_t i = 0; i < kImages * kChannels; ++i) {
      const auto value = [&](const Tensor& y) {
        return dtype == DType::kInt8 ? int{y.data<int8_t>()[i]} : int{y.data<uint8_t>()[i]};
      };
      EXPECT_NEAR(value(got), value(want), 1) << i;
    }
  }
}

TEST(QLinearSoftmax, TakesItsOpsetFromTheAttribute) {
  const auto run = [](int opset) {
    OpTest softmax = Microsoft("QLinearSoftmax");
    By(softmax.Input(U8({1, 2, 2}, {0, 0, 0, 0})), 1.0f, 0);
    return By(softmax, 0.01f, 0).Set("opset", opset).Set("axis", 1).RunOne();
  };
  ExpectTensor(run(12), U8({1, 2, 2}, {25, 25, 25, 25}));
  ExpectTensor(run(13), U8({1, 2, 2}, {50, 50, 50, 50}));
}

TEST(QGemm, QuantizedAndFloatResult) {
  Tensor w(DType::kInt8, {4, 3});
  for (int i = 0; i < 12; ++i)
    w.mutable_data<int8_t>()[i] = static_cast<int8_t>(i * 31 % 256 - 128);
  const Tensor bias = I32({4}, {100, -200, 300, 5});
  for (bool constant : {true, false}) {
    OpTest quantized = Microsoft("QGemm");
    By(quantized.Input(kA), 0.03f, 100);
    constant ? quantized.Constant(w) : quantized.Input(w);
    quantized.Constant(F32({4}, {0.01f, 0.02f, 0.03f, 0.04f})).Constant(I8({4}, {0, 0, 0, 0}));
    By(quantized.Constant(bias), 0.2f, 128).Set("transB", 1);
    ExpectTensor(quantized.RunOne(), U8({2, 4}, {158, 137, 70, 222, 104, 133, 218, 58}));
  }
  OpTest plain = Microsoft("QGemm");
  By(plain.Input(kA), 0.03f, 100).Constant(w).Constant(F32({}, {0.01f})).Constant(I8({}, {2}));
  ExpectTensor(
      plain.Constant(bias).Set("transB", 1).RunOne(),
      F32({2, 4}, {6.0495f, 1.0212f, -3.7671f, 4.7997f, -4.9098f, 0.357f, 5.8638f, -3.6135f}),
      1e-5);
}

TEST(QGemm, ABiasByRow) {
  OpTest gemm = Microsoft("QGemm");
  By(By(gemm.Input(U8({2, 2}, {1, 2, 3, 4})), 0.03f, 100).Input(U8({2, 2}, {1, 2, 3, 4})), 0.05f,
     20);
  gemm.Constant(I32({2, 1}, {100, 200}));
  ExpectTensor(gemm.RunOne(), F32({2, 2}, {5.4705f, 5.175f, 5.5125f, 5.223f}));
}

TEST(QGemm, ABiasThatDoesNotBroadcast) {
  for (const Shape& shape : {Shape{3}, Shape{2, 2, 1}, Shape{3, 1}, Shape{0}}) {
    OpTest gemm = Microsoft("QGemm");
    By(By(gemm.Input(U8({2, 2}, {1, 2, 3, 4})), 0.03f, 100).Input(U8({2, 2}, {1, 2, 3, 4})), 0.05f,
       20);
    gemm.Constant(Tensor(DType::kInt32, shape));
    ExpectError(ErrorCode::kInvalidModel, "does not broadcast to [2,2]", [&] { gemm.RunOne(); });
  }
}

TEST(QLinearSoftmax, RowsOfOneAndNone) {
  OpTest one = Microsoft("QLinearSoftmax");
  By(one.Input(U8({2, 1}, {0, 255})), 1.0f, 0);
  ExpectTensor(By(one, 0.01f, 0).Set("opset", 13).RunOne(), U8({2, 1}, {100, 100}));
  OpTest none = Microsoft("QLinearSoftmax");
  By(none.Input(U8({0, 3}, {})), 1.0f, 0);
  ExpectTensor(By(none, 0.01f, 0).Set("opset", 13).RunOne(), U8({0, 3}, {}));
  OpTest scalar = Microsoft("QLinearSoftmax");
  By(By(scalar.Input(U8({}, {1})), 1.0f, 0), 0.01f, 0).Set("opset", 13);
  ExpectError(ErrorCode::kInvalidModel, "axis '-1' is outside", [&] { scalar.RunOne(); });
}

TEST(QLinearWhere, ShapesAndTypes) {
  const auto run = [](const Tensor& condition, const Tensor& x) {
    OpTest where = Microsoft("QLinearWhere");
    By(By(where.Input(condition).Input(x), 0.03f, 100).Input(kA), 0.05f, 20);
    return By(where, 0.03f, 100).RunOne();
  };
  // Worked by hand: x stays, y becomes (y - 20) * 5 / 3 + 100, which exceeds 255 from y = 123 on.
  ExpectTensor(run(Bools({3}, {true, false, true}), kA), U8({2, 3}, {0, 135, 82, 123, 255, 205}));
  ExpectError(ErrorCode::kInvalidModel, "cannot be broadcast together",
              [&] { run(Bools({2}, {true, false}), kA); });
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'float32'",
              [&] { run(F32({3}, {1, 0, 1}), kA); });
  ExpectError(ErrorCode::kUnsupported, "input 1 of type 'float32'",
              [&] { run(Bools({3}, {true, false, true}), F32({3}, {1, 0, 1})); });
}

// Worked by hand.
TEST(QLinearReduceMean, AlongAnAxis) {
  OpTest mean = Microsoft("QLinearReduceMean");
  By(mean.Input(kA), 0.03f, 100);
  By(mean, 0.02f, 91).Set("axes", std::vector<int64_t>{-1}).Set("keepdims", 0);
  ExpectTensor(mean.RunOne(), U8({2}, {3, 187}));
}

TEST(ChannelsLast, NeedsThreeDimensions) {
  for (const char* op : {"QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearConv"}) {
    OpTest pool = Microsoft(op);
    By(By(pool.Input(kA), 0.03f, 100), 0.02f, 90).Set("channels_last", 1);
    pool.Set("kernel_shape", std::vector<int64_t>{2});
    ExpectError(ErrorCode::kInvalidModel, "expected 3 dimensions or more", [&] { pool.RunOne(); });
  }
}

}  // namespace
}  // namespace quantab
