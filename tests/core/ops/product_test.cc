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
