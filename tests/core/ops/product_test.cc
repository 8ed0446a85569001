// MatMul, Gemm, convolutions and poolings. Expected values of convolutions are ONNX Runtime's.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(MatMul, ShapesOfNumPy) {
  const Tensor a = Iota({2, 2, 3}, 0, 1);
  const Tensor b = F32({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor expected = F32({2, 2, 2}, {13, 16, 40, 52, 67, 88, 94, 124});
  ExpectTensor(OpTest("MatMul").Input(a).Constant(b).RunOne(), expected);
  ExpectTensor(OpTest("MatMul").Input(a).Input(b).RunOne(), expected);
  ExpectTensor(OpTest("MatMul").Input(F32({3}, {1, 2, 3})).Constant(b).RunOne(),
               F32({2}, {22, 28}));
  ExpectTensor(OpTest("MatMul").Input(b).Constant(F32({2}, {1, -1})).RunOne(),
               F32({3}, {-1, -1, -1}));
  ExpectTensor(OpTest("MatMul").Input(F32({2}, {1, 2})).Input(F32({2}, {3, 4})).RunOne(),
               F32({}, {11}));
}

TEST(MatMul, BatchesBroadcast) {
  const Tensor a = F32({2, 1, 1, 2}, {1, 2, 3, 4});
  const Tensor b = F32({3, 2, 1}, {1, 0, 0, 1, 1, 1});
  const Tensor expected = F32({2, 3, 1, 1}, {1, 2, 3, 3, 4, 7});
  ExpectTensor(OpTest("MatMul").Input(a).Input(b).RunOne(), expected);
  ExpectTensor(OpTest("MatMul").Input(a).Constant(b).RunOne(), expected);
  ExpectTensor(OpTest("MatMul").Input(I32({1, 2}, {3, 4})).Input(I32({2, 1}, {5, 6})).RunOne(),
               I32({1, 1}, {39}));
  ExpectTensor(OpTest("MatMul").Input(Iota({0, 2})).Constant(Iota({2, 3})).RunOne(),
               F32({0, 3}, {}));
  ExpectError(ErrorCode::kInvalidModel, "different inner sizes",
              [] { OpTest("MatMul").Input(Iota({2, 3})).Input(Iota({2, 3})).RunOne(); });
}

TEST(Gemm, TransposesScalesAndBroadcastsC) {
  const Tensor a = F32({2, 2}, {1, 2, 3, 4}), b = F32({2, 2}, {5, 6, 7, 8});
  ExpectTensor(OpTest("Gemm").Input(a).Constant(b).Constant(F32({2}, {1, 2})).RunOne(),
               F32({2, 2}, {20, 24, 44, 52}));
  for (bool constant : {false, true}) {
    OpTest test("Gemm");
    test.Input(a);
    constant ? test.Constant(b) : test.Input(b);
    test.Input(F32({2, 1}, {10, 20}));
    test.Set("transA", 1).Set("transB", 1).Set("alpha", 2.0f).Set("beta", 0.5f);
    ExpectTensor(test.RunOne(), F32({2, 2}, {51, 67, 78, 102}));
  }
  ExpectTensor(OpTest("Gemm", 11).Input(a).Input(b).RunOne(), F32({2, 2}, {19, 22, 43, 50}));
  ExpectTensor(OpTest("Gemm").Input(F64({1, 1}, {3})).Input(F64({1, 1}, {5})).RunOne(),
               F64({1, 1}, {15}));
}

TEST(Conv, GroupsStridesAndUnequalPads) {
  const Tensor y = OpTest("Conv")
                       .Input(Iota({1, 4, 5, 4}, -2, 0.1f))
                       .Constant(Iota({4, 2, 2, 3}, -1, 0.05f))
                       .Constant(Iota({4}, 0.5f, -1))
                       .Set("group", 2)
                       .Set("pads", std::vector<int64_t>{1, 0, 2, 1})
                       .Set("strides", std::vector<int64_t>{2, 1})
                       .RunOne();
  ExpectTensor(y,
               F32({1, 4, 4, 3},
                   {4.93f,  4.54f,  3.13f,  5.13f,  4.26f,  2.73f, -1.83f, -2.7f,  -2.07f, 0.5f,
                    0.5f,   0.5f,   0.69f,  0.66f,  0.33f,  1.97f, 1.82f,  1.01f,  0.77f,  0.62f,
                    0.05f,  -0.5f,  -0.5f,  -0.5f,  9.65f,  9.98f, 5.93f,  21.61f, 22.18f, 13.69f,
                    26.17f, 26.74f, 16.57f, -1.5f,  -1.5f,  -1.5f, 19.81f, 20.5f,  12.73f, 47.25f,
                    48.54f, 31.17f, 57.57f, 58.86f, 37.89f, -2.5f, -2.5f,  -2.5f}),
               2e-5);
}

TEST(Conv, OneDimensionWithAutoPad) {
  ExpectTensor(OpTest("Conv")
                   .Input(Iota({1, 2, 6}, -1, 0.25f))
                   .Input(Iota({3, 2, 3}, -1, 0.125f))
                   .Set("auto_pad", "SAME_LOWER")
                   .Set("strides", std::vector<int64_t>{2})
                   .RunOne(),
               F32({1, 3, 3}, {0.90625f, -0.0625f, -2.125f, 0.53125f, 1.0625f, 1.25f, 0.15625f,
                               2.1875f, 4.625f}));
}

TEST(Conv, SaysWhatDoesNotFit) {
  ExpectError(ErrorCode::kInvalidModel, "do not fit an input of shape [1,3,4,4]", [] {
    OpTest("Conv").Input(Iota({1, 3, 4, 4})).Constant(Iota({2, 2, 1, 1})).RunOne();
  });
  ExpectError(ErrorCode::kInvalidModel, "does not fit an input of '2'", [] {
    OpTest("Conv").Input(Iota({1, 1, 2, 2})).Constant(Iota({1, 1, 3, 3})).RunOne();
  });
  ExpectError(ErrorCode::kUnsupported, "4 spatial dimensions", [] {
    OpTest("Conv").Input(Iota({1, 1, 1, 1, 1, 1})).Constant(Iota({1, 1, 1, 1, 1, 1})).RunOne();
  });
}

TEST(ConvTranspose, StridesPadsAndOutputPadding) {
  ExpectTensor(OpTest("ConvTranspose")
                   .Input(Iota({1, 2, 2, 3}, -1, 0.25f))
                   .Constant(Iota({2, 1, 2, 2}, 0.5f, -0.25f))
                   .Constant(F32({1}, {0.5f}))
                   .Set("strides", std::vector<int64_t>{2, 2})
                   .Set("pads", std::vector<int64_t>{0, 1, 1, 0})
                   .Set("output_padding", std::vector<int64_t>{1, 0})
                   .RunOne(),
               F32({1, 1, 4, 5}, {-0.125f, -0.25f, -0.25f,  -0.25f,  -0.375f, 0.125f,  -0.25f,
                                  -0.25f,  -0.5f,  -0.625f, -0.5f,   -0.25f,  -0.625f, -0.25f,
                                  -0.75f,  -1,     -1,      -1.375f, -1.25f,  -1.75f}));
}

// Straight from the definition: every input pixel gives to every output pixel under its window.
TEST(ConvTranspose, RunsInBlocksThatEndInsideLines) {
  constexpr int64_t kIn = 4, kOut = 32, kH = 30, kW = 37, kGroups = 2, kKernel = 5;
  constexpr int64_t kStride = 2, kPad = 1, kDilation = 2;
  constexpr int64_t kReach = kDilation * (kKernel - 1) + 1;
  constexpr int64_t kOutH = kStride * (kH - 1) + kReach - 2 * kPad;
  constexpr int64_t kOutW = kStride * (kW - 1) + kReach - 2 * kPad;
  const Tensor x = Iota({1, kIn, kH, kW}, -2, 0.001f);
  const Tensor w = Iota({kIn, kOut / kGroups, kKernel, kKernel}, 1, -0.001f);
  const Tensor bias = Iota({kOut}, 0.5f, 0.25f);
  std::vector<double> sums(kOut * kOutH * kOutW);
  for (int64_t o = 0; o < kOut; ++o) {
    double* plane = sums.data() + o * kOutH * kOutW;
    std::fill(plane, plane + kOutH * kOutW, bias.data<float>()[o]);
    const int64_t group = o / (kOut / kGroups), own = o % (kOut / kGroups);
    for (int64_t c = group * kIn / kGroups; c < (group + 1) * kIn / kGroups; ++c) {
      for (int64_t at = 0; at < kH * kW * kKernel * kKernel; ++at) {
        const int64_t pixel = at / (kKernel * kKernel), tap = at % (kKernel * kKernel);
        const int64_t h = pixel / kW * kStride + tap / kKernel * kDilation - kPad;
        const int64_t v = pixel % kW * kStride + tap % kKernel * kDilation - kPad;
        if (h < 0 || h >= kOutH || v < 0 || v >= kOutW) continue;
        const int64_t weight = (c * (kOut / kGroups) + own) * kKernel * kKernel + tap;
        plane[h * kOutW + v] +=
            static_cast<double>(x.data<float>()[c * kH * kW + pixel]) * w.data<float>()[weight];
      }
    }
  }
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, kIn, kH, kW}).Initializer("w", w).Initializer("b", bias);
  b.Node("ConvTranspose", {"x", "w", "b"}, {"y"},
         {{"group", kGroups},
          {"strides", std::vector<int64_t>{kStride, kStride}},
          {"pads", std::vector<int64_t>{kPad, kPad, kPad, kPad}},
          {"dilations", std::vector<int64_t>{kDilation, kDilation}}});
  b.Node("Identity", {"y"}, {"z"}).Output("z");
  Session session(b.model());
  ExpectTensor(session.Run({{"x", x}})["z"],
               F32({1, kOut, kOutH, kOutW}, {sums.begin(), sums.end()}), 1e-4);
  // All columns of a group alone would be more: a float for each of its channels, taps and pixels.
  const uint64_t result = sums.size() * sizeof(float);
  const uint64_t columns = kOut / kGroups * kKernel * kKernel * kH * kW * sizeof(float);
  EXPECT_LT(session.stats().peak_activation_bytes, 2 * result + columns / 2);
}

TEST(MaxPool, CeilModeDropsAWindowThatStartsInThePadding) {
  // Height 3, windows of 1 with stride 2 and padding behind: the third would lie in padding alone.
  ExpectTensor(OpTest("MaxPool")
                   .Input(F32({1, 1, 4}, {1, 5, 2, 4}))
                   .Set("kernel_shape", std::vector<int64_t>{2})
                   .Set("strides", std::vector<int64_t>{3})
                   .Set("pads", std::vector<int64_t>{0, 1})
                   .Set("ceil_mode", 1)
                   .RunOne(),
               F32({1, 1, 2}, {5, 4}));
}

TEST(MaxPool, GivesIndicesAndRunsOnBytes) {
  const std::vector<Tensor> y = OpTest("MaxPool")
                                    .Input(F32({1, 2, 2, 2}, {1, 4, 3, 2, 8, 5, 6, 7}))
                                    .Set("kernel_shape", std::vector<int64_t>{2, 2})
                                    .Outputs(2)
                                    .Run();
  ExpectTensor(y[0], F32({1, 2, 1, 1}, {4, 8}));
  ExpectTensor(y[1], I64({1, 2, 1, 1}, {1, 4}));
  ExpectTensor(OpTest("MaxPool")
                   .Input(I8({1, 1, 3}, {-9, -3, -7}))
                   .Set("kernel_shape", std::vector<int64_t>{2})
                   .RunOne(),
               I8({1, 1, 2}, {-3, -3}));
}

TEST(AveragePool, CountsPaddingOnRequest) {
  ExpectTensor(OpTest("AveragePool")
                   .Input(Iota({1, 1, 5, 5}))
                   .Set("kernel_shape", std::vector<int64_t>{3, 3})
                   .Set("strides", std::vector<int64_t>{2, 2})
                   .Set("pads", std::vector<int64_t>{1, 1, 0, 0})
                   .Set("ceil_mode", 1)
                   .Set("count_include_pad", 1)
                   .RunOne(),
               F32({1, 1, 3, 3}, {1.3333334f, 3, 4, 7, 12, 13.5f, 12, 19.5f, 21}));
  ExpectTensor(OpTest("AveragePool")
                   .Input(F32({1, 1, 3}, {1, 2, 3}))
                   .Set("kernel_shape", std::vector<int64_t>{2})
                   .Set("pads", std::vector<int64_t>{1, 0})
                   .RunOne(),
               F32({1, 1, 3}, {1, 1.5f, 2.5f}));
}

TEST(GlobalPool, AverageAndMax) {
  const Tensor x = F32({1, 2, 2, 2}, {1, 2, 3, 6, -4, -3, -2, -1});
  ExpectTensor(OpTest("GlobalAveragePool").Input(x).RunOne(), F32({1, 2, 1, 1}, {3, -2.5f}));
  ExpectTensor(OpTest("GlobalMaxPool").Input(x).RunOne(), F32({1, 2, 1, 1}, {6, -1}));
}

}  // namespace
}  // namespace quantab
