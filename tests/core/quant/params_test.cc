// Scales and zero points. Expected numbers come from ONNX Runtime's compute_scale_zp and NumPy, but
// for those that follow at once from the formula.
#include "core/quant/params.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"

namespace quantab {
namespace {

QParams Params(float rmin, float rmax, const ParamRules& rules) {
  return ComputeParams(rmin, rmax, rules);
}

TEST(Params, Ranges) {
  const auto range = [](DType type, bool symmetric, bool reduced) {
    const QRange q = QRangeOf(type, symmetric, reduced);
    return std::make_pair(q.min, q.max);
  };
  EXPECT_EQ(range(DType::kUint8, false, false), std::make_pair(0, 255));
  EXPECT_EQ(range(DType::kUint8, true, false), std::make_pair(0, 255));
  EXPECT_EQ(range(DType::kUint8, true, true), std::make_pair(0, 127));
  EXPECT_EQ(range(DType::kInt8, false, false), std::make_pair(-128, 127));
  EXPECT_EQ(range(DType::kInt8, true, false), std::make_pair(-127, 127));
  EXPECT_EQ(range(DType::kInt8, true, true), std::make_pair(-64, 64));
  EXPECT_EQ(range(DType::kUint16, true, false), std::make_pair(0, 65535));
  EXPECT_EQ(range(DType::kUint16, false, true), std::make_pair(0, 32767));
  EXPECT_EQ(range(DType::kInt16, false, false), std::make_pair(-32768, 32767));
  EXPECT_EQ(range(DType::kInt16, true, false), std::make_pair(-32767, 32767));
  EXPECT_EQ(range(DType::kInt16, true, true), std::make_pair(-16384, 16384));
  EXPECT_EQ(range(DType::kUint4, true, false), std::make_pair(0, 15));
  EXPECT_EQ(range(DType::kUint4, false, true), std::make_pair(0, 7));
  EXPECT_EQ(range(DType::kInt4, true, false), std::make_pair(-8, 7));
  EXPECT_EQ(range(DType::kInt4, false, true), std::make_pair(-4, 3));
  EXPECT_THROW(QRangeOf(DType::kFloat8E4M3FN, false, false), Error);
}

TEST(Params, OfOnnxRuntime) {
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint8}), (QParams{0.015686275f, 83}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kInt8}), (QParams{0.015686275f, -45}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kInt8, .symmetric = true}),
            (QParams{0.021259842f, 0}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint8, .symmetric = true}).zero_point, 128);
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint8, .symmetric = true, .reduce_range = true}),
            (QParams{static_cast<float>(5.4000000953674316 / 127), 64}));
}

// compute_scale_zp of onnxruntime 1.31.1.
TEST(Params, OfSixteenAndFourBits) {
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint16}),
            (QParams{0x1.0001000000000p-14F, 21299}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kInt16, .symmetric = true}),
            (QParams{0x1.599c4e0000000p-14F, 0}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint4}), (QParams{0x1.1111120000000p-2F, 5}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kInt4, .symmetric = true}),
            (QParams{0x1.70a3d80000000p-2F, 0}));
  EXPECT_EQ(Params(-1.3f, 2.7f, {.type = DType::kUint4, .symmetric = true}),
            (QParams{0x1.70a3d80000000p-2F, 8}));
}

// compute_scale_zp of onnxruntime 1.31.1 on numpy.float16.
TEST(Params, OfFloat16) {
  const float rmin = RoundToReal(-1.3, DType::kFloat16);
  const float rmax = RoundToReal(2.7, DType::kFloat16);
  EXPECT_EQ(Params(rmin, rmax, {.type = DType::kInt8, .real = DType::kFloat16}),
            (QParams{0x1.0100000000000p-6F, -45}));
  EXPECT_EQ(
      Params(rmin, rmax, {.type = DType::kUint8, .min_real_range = 7.7, .real = DType::kFloat16}),
      (QParams{0x1.ee80000000000p-6F, 43}));
  // Below the smallest normal float16 there is no scale.
  EXPECT_EQ(Params(-1, 1, {.type = DType::kUint16, .real = DType::kFloat16}), (QParams{1, 0}));
}

TEST(Params, RoundsFloat64ToFloat16AtOnce) {
  // Just above the middle of 1 and the next float16; in float32 it is the middle, and a tie.
  EXPECT_EQ(RoundToReal(1 + 0x1p-11 + 0x1p-40, DType::kFloat16), 1 + 0x1p-10f);
  EXPECT_EQ(RoundToReal(1 + 0x1p-11, DType::kFloat16), 1);
  EXPECT_EQ(RoundToReal(-(1 + 0x1p-11 + 0x1p-40), DType::kFloat16), -(1 + 0x1p-10f));
  EXPECT_EQ(RoundToReal(0.1, DType::kFloat), 0.1f);
}

// compute_scale_zp_blocked of onnxruntime 1.31.1.
TEST(Params, OfBlocks) {
  EXPECT_EQ(ComputeBlockParams(-1.3f, 2.7f, {.type = DType::kUint4}),
            (QParams{0x1.1111120000000p-2F, 5}));
  EXPECT_EQ(ComputeBlockParams(-1.3f, 2.7f, {.type = DType::kInt8, .symmetric = true}),
            (QParams{0x1.5c523e0000000p-6F, 0}));
  EXPECT_EQ(ComputeBlockParams(0, 0, {.type = DType::kUint4, .symmetric = true}),
            (QParams{0x1.0000000000000p+0F, 8}));
  EXPECT_EQ(ComputeBlockParams(0, 0, {.type = DType::kUint8}), (QParams{1, 0}));
}

// compute_scale_zp_float8 of onnxruntime 1.31.1.
TEST(Params, OfFloat8) {
  EXPECT_EQ(ComputeFloat8Params(0.7f, 3, DType::kFloat), (QParams{0x1.ca7cc20000000p-8F, 0}));
  // Equal elements have no deviation; their magnitude becomes the largest number.
  EXPECT_EQ(ComputeFloat8Params(0, 896, DType::kFloat), (QParams{2, 0}));
  EXPECT_EQ(ComputeFloat8Params(0, 0, DType::kFloat), (QParams{1, 0}));
}

TEST(Params, ZeroIsAlwaysInTheRange) {
  EXPECT_EQ(Params(2, 4, {.type = DType::kUint8}), (QParams{4.0f / 255, 0}));
  EXPECT_EQ(Params(-4, -2, {.type = DType::kUint8}), (QParams{4.0f / 255, 255}));
}

TEST(Params, TheWidthIsSubtractedInDouble) {
  // In float32 the width would be infinite.
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(Params(-largest, largest, {.type = DType::kUint8}),
            (QParams{static_cast<float>(2.0 * largest / 255), 128}));
}

TEST(Params, NoRangeGivesScaleOne) {
  EXPECT_EQ(Params(0, 0, {.type = DType::kUint8, .symmetric = true}), (QParams{1, 0}));
  EXPECT_EQ(Params(0, 1e-37f, {.type = DType::kInt8}), (QParams{1, 0}));
}

TEST(Params, MinimumRealRange) {
  EXPECT_EQ(Params(0, 0, {.type = DType::kUint8, .min_real_range = 0.51}),
            (QParams{0.51f / 255, 0}));
  EXPECT_EQ(Params(-1, 3, {.type = DType::kUint8, .min_real_range = 0.5}),
            Params(-1, 3, {.type = DType::kUint8}));
}

TEST(Params, Restricted) {
  const ParamRules rules{.type = DType::kUint8, .restricted = true};
  EXPECT_EQ(Params(0, 5.1f, rules), (QParams{static_cast<float>(5.1f / 255.0), 0}));
  // The larger of 1/128 below and 4/127 above the middle.
  EXPECT_EQ(Params(-1, 4, rules), (QParams{static_cast<float>(4.0 / 127), 128}));
  EXPECT_EQ(Params(-4, 1, rules), (QParams{static_cast<float>(4.0 / 128), 128}));
  EXPECT_EQ(Params(0, 0, rules), (QParams{1.0f / 255, 0}));
  EXPECT_EQ(Params(-1, 4, {.type = DType::kInt8, .restricted = true}),
            Params(-1, 4, {.type = DType::kInt8}));
}

TEST(Params, RoundsHalvesToEven) {
  const auto q = [](float x) { return QuantizeToFloat(x, 2, 0, -128, 127); };
  EXPECT_EQ(q(1), 0);
  EXPECT_EQ(q(3), 2);
  EXPECT_EQ(q(5), 2);
  EXPECT_EQ(q(-1), 0);
  EXPECT_EQ(q(-3), -2);
  EXPECT_EQ(q(1e9f), 127);
  EXPECT_EQ(q(-1e9f), -128);
  EXPECT_EQ(QuantizeBias(2.5, 1), 2);
  EXPECT_EQ(QuantizeBias(0, 0), 0);
  EXPECT_EQ(QuantizeBias(1e10, 1), std::numeric_limits<int32_t>::max());
  EXPECT_EQ(QuantizeBias(-1e10, 1), std::numeric_limits<int32_t>::min());
}

TEST(Params, WeightScaleForBias) {
  // Large enough already.
  EXPECT_EQ(WeightScaleForBias(0.01f, 0.02f, 1.0f, false), 0.02f);
  // A product of zero cannot be enlarged.
  EXPECT_EQ(WeightScaleForBias(0, 0.02f, 1.0f, false), 0.02f);
  for (const bool float32 : {false, true}) {
    const float scale = WeightScaleForBias(1e-6f, 1e-6f, 1000.0f, float32);
    EXPECT_GT(scale, 1e-6f);
    const double bias = 1000.0 / (1e-6f * scale);
    EXPECT_LT(bias, 2147483647.0);
    EXPECT_GT(bias, 2147483647.0 * 0.999);
  }
}

}  // namespace
}  // namespace quantab
