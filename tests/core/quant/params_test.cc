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
  EXPECT_THROW(QRangeOf(DType::kInt16, false, false), Error);
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
