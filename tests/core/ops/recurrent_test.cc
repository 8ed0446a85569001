// LSTM, GRU, RNN and their dynamically quantized form. Expected values are ONNX Runtime's.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor Sequence() { return Iota({3, 2, 2}, -0.6f, 0.1f); }

TEST(Lstm, ReverseWithLengthsStatesAndPeepholes) {
  const std::vector<Tensor> y = OpTest("LSTM")
                                    .Input(Sequence())
                                    .Constant(Iota({1, 8, 2}, -0.7f, 0.1f))
                                    .Constant(Iota({1, 8, 2}, 0.6f, -0.08f))
                                    .Constant(Iota({1, 16}, -0.3f, 0.05f))
                                    .Input(I32({2}, {3, 2}))
                                    .Input(Iota({1, 2, 2}, 0.1f, 0.2f))
                                    .Input(Iota({1, 2, 2}, -0.4f, 0.3f))
                                    .Constant(Iota({1, 6}, -0.2f, 0.1f))
                                    .Set("hidden_size", 2)
                                    .Set("direction", "reverse")
                                    .Outputs(3)
                                    .Run();
  ExpectTensor(
      y[0],
      F32({3, 1, 2, 2}, {-0.06978505f, -0.0703136f, 0.0102845f, 0.02525847f, 0.04973305f,
                         0.11818027f, 0.05139079f, 0.11818007f, -0.00320249f, 0.10691733f, 0, 0}),
      1e-6);
  ExpectTensor(y[1], F32({1, 2, 2}, {-0.06978505f, -0.0703136f, 0.0102845f, 0.02525847f}), 1e-6);
  ExpectTensor(y[2], F32({1, 2, 2}, {-0.12117274f, -0.13112226f, 0.01855645f, 0.04691194f}), 1e-6);
}

TEST(Lstm, BatchFirstIsTheSameTurned) {
  const auto run = [](const Tensor& x, int layout) {
    return OpTest("LSTM")
        .Input(x)
        .Constant(Iota({1, 4, 2}, -0.7f, 0.1f))
        .Constant(Iota({1, 4, 1}, 0.6f, -0.08f))
        .Set("hidden_size", 1)
        .Set("layout", layout)
        .Outputs(3)
        .Run();
  };
  const std::vector<Tensor> first = run(Iota({3, 1, 2}, -0.6f, 0.1f), 0);
  const std::vector<Tensor> last = run(Iota({1, 3, 2}, -0.6f, 0.1f), 1);
  ExpectTensor(last[0], first[0].Reshaped({1, 3, 1, 1}));
  ExpectTensor(last[1], first[1].Reshaped({1, 1, 1}));
}

TEST(Gru, BothPlacesOfTheReset) {
  const auto run = [](int linear_before_reset) {
    return OpTest("GRU")
        .Input(Sequence())
        .Constant(Iota({2, 6, 2}, -0.7f, 0.06f))
        .Constant(Iota({2, 6, 2}, 0.6f, -0.05f))
        .Constant(Iota({2, 12}, -0.3f, 0.03f))
        .Set("hidden_size", 2)
        .Set("direction", "bidirectional")
        .Set("linear_before_reset", linear_before_reset)
        .Outputs(2)
        .Run();
  };
  ExpectTensor(
      run(0)[0],
      F32({3, 2, 2, 2},
          {0.01345702f,  -0.0175233f,  -0.02141432f, -0.03347247f, 0.08345769f,  0.026015f,
           0.20971864f,  0.1775381f,   -0.06017745f, -0.06026456f, -0.1315231f,  -0.08906156f,
           0.26583418f,  0.26524821f,  0.35979551f,  0.36711192f,  -0.20788941f, -0.12276881f,
           -0.29450327f, -0.15742795f, 0.27991322f,  0.28444806f,  0.3186228f,   0.31022826f}),
      1e-6);
  ExpectTensor(run(1)[1],
               F32({2, 2, 2}, {-0.20852131f, -0.13883534f, -0.29492259f, -0.17518885f, -0.02348896f,
                               -0.08344837f, 0.10769522f, 0.07226521f}),
               1e-6);
}

TEST(Rnn, TakesItsActivation) {
  const Tensor y = OpTest("RNN")
                       .Input(Sequence())
                       .Constant(F32({1, 2, 2}, {-0.7f, -0.6f, -0.5f, -0.4f}))
                       .Constant(F32({1, 2, 2}, {0.6f, 0.52f, 0.44f, 0.36f}))
                       .Set("hidden_size", 2)
                       .Set("activations", std::vector<std::string>{"Relu"})
                       .RunOne();
  ExpectTensor(y,
               F32({3, 1, 2, 2}, {0.72f, 0.5f, 0.46f, 0.32f, 0.892f, 0.6368f, 0.3824f, 0.2776f,
                                  0.5463361f, 0.4017281f, 0, 0}),
               1e-6);
}

TEST(DynamicQuantizeLstm, MatchesOnnxRuntime) {
  const auto ramp = [](int step) {
    Tensor w(DType::kInt8, {1, 2, 8});
    for (int i = 0; i < 16; ++i)
      w.mutable_data<int8_t>()[i] = static_cast<int8_t>(i * step % 255 - 127);
    return w;
  };
  const std::vector<Tensor> y = OpTest("DynamicQuantizeLSTM", 17, "com.microsoft")
                                    .Input(Iota({3, 1, 2}, -0.6f, 0.1f))
                                    .Constant(ramp(37))
                                    .Constant(ramp(53))
                                    .Constant(Iota({1, 16}, -0.3f, 0.05f))
                                    .Absent()
                                    .Absent()
                                    .Absent()
                                    .Absent()
                                    .Constant(F32({1}, {0.01f}))
                                    .Constant(I8({1}, {0}))
                                    .Constant(F32({1}, {0.008f}))
                                    .Constant(I8({1}, {0}))
                                    .Set("hidden_size", 2)
                                    .Outputs(3)
                                    .Run();
  ExpectTensor(
      y[0],
      F32({3, 1, 1, 2}, {0.1683254f, 0.2843588f, 0.2086763f, 0.3179522f, 0.2032250f, 0.2938530f}),
      1e-5);
  ExpectTensor(y[2], F32({1, 1, 2}, {0.4831104f, 0.6641570f}), 1e-5);
}

TEST(Recurrent, SaysWhatDoesNotFit) {
  ExpectError(ErrorCode::kInvalidModel, "input 1 has shape", [] {
    OpTest("RNN")
        .Input(Sequence())
        .Constant(Iota({1, 2, 3}))
        .Constant(Iota({1, 2, 2}))
        .Set("hidden_size", 2)
        .RunOne();
  });
}

}  // namespace
}  // namespace quantab
