// DFT, STFT, MelWeightMatrix and MeanVarianceNormalization. Expected values are worked by hand.
#include <cmath>
#include <limits>
#include <numbers>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor Integer(int64_t value) { return I64({}, {value}); }

OpTest Dft(const Tensor& x, int64_t length, int64_t axis) {
  OpTest test("DFT", 20);
  test.Input(x).Input(Integer(length)).Input(Integer(axis));
  return test;
}

// The transform of exp(2 pi i f j / n) is n at frequency f and 0 elsewhere, whatever n is.
TEST(DftTest, OneFrequencyOfAnyLength) {
  for (int n : {1, 2, 3, 5, 8, 12, 17, 64, 97, 210}) {
    const int frequency = n / 3;
    std::vector<double> wave, spectrum(static_cast<size_t>(2 * n), 0);
    for (int j = 0; j < n; ++j) {
      const double angle = 2 * std::numbers::pi * frequency * j / n;
      wave.push_back(std::cos(angle));
      wave.push_back(std::sin(angle));
    }
    spectrum[static_cast<size_t>(2 * frequency)] = n;
    const Tensor x = F64({1, n, 2}, wave), y = F64({1, n, 2}, spectrum);
    ExpectTensor(Dft(x, n, 1).RunOne(), y, 1e-11);
    ExpectTensor(Dft(y, n, -2).Set("inverse", 1).RunOne(), x, 1e-13);
  }
}

TEST(DftTest, OneSided) {
  const Tensor impulse = F32({1, 5, 1}, {1, 0, 0, 0, 0});
  const Tensor half = F32({1, 3, 2}, {1, 0, 1, 0, 1, 0});
  ExpectTensor(Dft(impulse, 5, 1).Set("onesided", 1).RunOne(), half, 1e-7);
  ExpectTensor(Dft(half, 5, 1).Set("onesided", 1).Set("inverse", 1).RunOne(), impulse, 1e-7);
  // Without a length it is even: 2 * (3 - 1).
  ExpectTensor(
      OpTest("DFT", 17).Input(half).Set("onesided", 1).Set("inverse", 1).Set("axis", 1).RunOne(),
      F32({1, 4, 1}, {1, 0, 0, 0}), 1e-7);
}

TEST(DftTest, PadsAndCutsTheSignal) {
  const Tensor x = F32({1, 3, 1}, {1, 2, 3});
  ExpectTensor(Dft(x, 2, 1).RunOne(), F32({1, 2, 2}, {3, 0, -1, 0}), 1e-7);
  ExpectTensor(Dft(x, 4, 1).RunOne(), F32({1, 4, 2}, {6, 0, -2, -2, 2, 0, -2, 2}), 1e-6);
  ExpectTensor(Dft(F32({0, 3, 1}, {}), 4, 1).RunOne(), F32({0, 4, 2}, {}));
}

TEST(DftTest, ReportsWhatIsNotPossible) {
  const Tensor x = F32({1, 2, 1}, {1, 2});
  ExpectError(ErrorCode::kInvalidModel, "length '0'", [&] { Dft(x, 0, 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "length '-3'", [&] { Dft(x, -3, 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "no axis", [&] { Dft(x, 2, -1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "axis '3'", [&] { Dft(x, 2, 3).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "last dimension of 1 or 2",
              [&] { Dft(Iota({1, 3}), 2, 0).RunOne(); });
  ExpectError(ErrorCode::kInvalidArgument, "more elements than can be counted",
              [&] { Dft(x, std::numeric_limits<int64_t>::max(), 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected one",
              [&] { OpTest("DFT", 20).Input(x).Input(I64({2}, {1, 2})).RunOne(); });
}

OpTest Stft(const Tensor& x, int64_t step) {
  OpTest test("STFT", 17);
  test.Input(x).Input(Integer(step));
  return test;
}

TEST(StftTest, FramesOfTwo) {
  const Tensor x = F32({1, 5, 1}, {1, 2, 3, 4, 5});
  ExpectTensor(Stft(x, 2).Absent().Input(Integer(2)).RunOne(),
               F32({1, 2, 2, 2}, {3, 0, -1, 0, 7, 0, -1, 0}), 1e-6);
  ExpectTensor(Stft(x, 3).Input(F32({2}, {1, 0})).Set("onesided", 0).RunOne(),
               F32({1, 2, 2, 2}, {1, 0, 1, 0, 4, 0, 4, 0}), 1e-6);
}

TEST(StftTest, ReportsFramesThatAreNotPossible) {
  const Tensor x = Iota({1, 5, 1});
  ExpectError(ErrorCode::kInvalidModel, "in steps of '0'",
              [&] { Stft(x, 0).Absent().Input(Integer(2)).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "frames of '6'",
              [&] { Stft(x, 1).Absent().Input(Integer(6)).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "frames of '-1'",
              [&] { Stft(x, 1).Absent().Input(Integer(-1)).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "does not fit frames of '3'",
              [&] { Stft(x, 1).Input(Iota({2})).Input(Integer(3)).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected [batch,length,1]",
              [&] { Stft(Iota({1, 5, 3}), 1).RunOne(); });
}

OpTest Mel(int64_t bands, int64_t length, int64_t rate, float low, float high) {
  OpTest test("MelWeightMatrix", 17);
  test.Input(Integer(bands)).Input(Integer(length)).Input(Integer(rate));
  test.Input(F32({}, {low})).Input(F32({}, {high}));
  return test;
}

TEST(MelWeightMatrixTest, Triangles) {
  // Edges at 0, 2595 log10(1 + 4000 / 700) / 3 and twice that: 0, 621 and 1791 Hz, which are bins
  // 0, 1 and 4 of (8 + 1) * hertz / 4000.
  ExpectTensor(Mel(1, 8, 4000, 0, 4000).RunOne(), F32({5, 1}, {0, 1, 2.0F / 3, 1.0F / 3, 0}));
}

TEST(MelWeightMatrixTest, ReportsBandsThatAreNotPossible) {
  ExpectError(ErrorCode::kInvalidModel, "bands", [] { Mel(0, 16, 8192, 0, 4096).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "bands", [] { Mel(8, -1, 8192, 0, 4096).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "sample rate", [] { Mel(8, 16, 0, 0, 4096).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "outside", [] { Mel(8, 16, 8192, 0, 1e30F).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "outside", [] { Mel(8, 16, 8192, -900, 9).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "outside", [] { Mel(8, 16, 8192, 4000, 9).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "'output_datatype' is '8'",
              [] { Mel(8, 16, 8192, 0, 4096).Set("output_datatype", 8).RunOne(); });
}

TEST(MeanVarianceNormalizationTest, OverGivenAxes) {
  const Tensor x = F32({2, 2}, {1, 3, 5, 9});
  ExpectTensor(OpTest("MeanVarianceNormalization", 13)
                   .Input(x)
                   .Set("axes", std::vector<int64_t>{1})
                   .RunOne(),
               F32({2, 2}, {-1, 1, -1, 1}), 1e-6);
  ExpectTensor(
      OpTest("MeanVarianceNormalization", 9).Input(x).Set("axes", std::vector<int64_t>{0}).RunOne(),
      F32({2, 2}, {-1, -1, 1, 1}), 1e-6);
  ExpectTensor(OpTest("MeanVarianceNormalization", 13).Input(F32({0, 2, 1, 1}, {})).RunOne(),
               F32({0, 2, 1, 1}, {}));
  ExpectError(ErrorCode::kInvalidModel, "axis '2'",
              [&] { OpTest("MeanVarianceNormalization", 13).Input(x).RunOne(); });
}

}  // namespace
}  // namespace quantab
