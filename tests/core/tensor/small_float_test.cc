#include "core/tensor/small_float.h"

#include <cmath>
#include <limits>

#include "core/tensor/packed.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

constexpr DType kFloats[] = {DType::kFloat4E2M1,     DType::kFloat6E2M3, DType::kFloat6E3M2,
                             DType::kFloat8E4M3FN,   DType::kFloat8E5M2, DType::kFloat8E4M3FNUZ,
                             DType::kFloat8E5M2FNUZ, DType::kFloat8E8M0};

TEST(SmallFloat, EveryCodeIsItsOwnNearest) {
  for (const DType dtype : kFloats) {
    for (int code = 0; code < 1 << BitsOf(dtype); ++code) {
      const float value = SmallFloatValue(dtype, static_cast<uint8_t>(code));
      if (std::isnan(value)) continue;
      EXPECT_EQ(SmallFloatCode(dtype, value, {.saturate = false}), code) << NameOf(dtype);
    }
  }
}

TEST(SmallFloat, BetweenTwoNumbersTheNearestAndTiesToEven) {
  for (const DType dtype : kFloats) {
    if (dtype == DType::kFloat8E8M0) continue;
    const int positive = 1 << (BitsOf(dtype) - 1);
    for (int code = 0; code + 1 < positive; ++code) {
      const double low = SmallFloatValue(dtype, static_cast<uint8_t>(code));
      const double high = SmallFloatValue(dtype, static_cast<uint8_t>(code + 1));
      if (!std::isfinite(high)) continue;
      ASSERT_LT(low, high) << NameOf(dtype);
      const double middle = (low + high) / 2;
      EXPECT_EQ(SmallFloatCode(dtype, middle), code + code % 2) << NameOf(dtype);
      EXPECT_EQ(SmallFloatCode(dtype, std::nextafter(middle, 0)), code) << NameOf(dtype);
      EXPECT_EQ(SmallFloatCode(dtype, std::nextafter(middle, high)), code + 1) << NameOf(dtype);
    }
  }
}

// The codes of ml_dtypes 0.6.
TEST(SmallFloat, WhatHasNoNumber) {
  const auto codes = [](DType dtype, bool saturate) {
    std::vector<int> found;
    for (const float value : {kNaN, kInf, -kInf, -1e6F, -0.0F, -1e-7F}) {
      found.push_back(SmallFloatCode(dtype, value, {.saturate = saturate}));
    }
    return found;
  };
  using Codes = std::vector<int>;
  EXPECT_EQ(codes(DType::kFloat8E4M3FN, false), (Codes{0x7f, 0x7f, 0xff, 0xff, 0x80, 0x80}));
  EXPECT_EQ(codes(DType::kFloat8E4M3FN, true), (Codes{0x7f, 0x7e, 0xfe, 0xfe, 0x80, 0x80}));
  EXPECT_EQ(codes(DType::kFloat8E4M3FNUZ, false), (Codes{0x80, 0x80, 0x80, 0x80, 0, 0}));
  EXPECT_EQ(codes(DType::kFloat8E4M3FNUZ, true), (Codes{0x80, 0x7f, 0xff, 0xff, 0, 0}));
  EXPECT_EQ(codes(DType::kFloat8E5M2, false), (Codes{0x7e, 0x7c, 0xfc, 0xfc, 0x80, 0x80}));
  EXPECT_EQ(codes(DType::kFloat8E5M2, true), (Codes{0x7e, 0x7b, 0xfb, 0xfb, 0x80, 0x80}));
  EXPECT_EQ(codes(DType::kFloat8E5M2FNUZ, false), (Codes{0x80, 0x80, 0x80, 0x80, 0, 0}));
  EXPECT_EQ(codes(DType::kFloat8E5M2FNUZ, true), (Codes{0x80, 0x7f, 0xff, 0xff, 0, 0}));
  EXPECT_EQ(codes(DType::kFloat6E2M3, false), (Codes{0x20, 0x1f, 0x3f, 0x3f, 0x20, 0x20}));
  EXPECT_EQ(codes(DType::kFloat4E2M1, false), (Codes{8, 7, 15, 15, 8, 8}));
}

TEST(SmallFloat, LargestNumbers) {
  EXPECT_EQ(SmallFloatValue(DType::kFloat4E2M1, 7), 6);
  EXPECT_EQ(SmallFloatValue(DType::kFloat6E2M3, 0x1f), 7.5F);
  EXPECT_EQ(SmallFloatValue(DType::kFloat6E3M2, 0x1f), 28);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E4M3FN, 0x7e), 448);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E4M3FNUZ, 0x7f), 240);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E5M2, 0x7b), 57344);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E5M2, 0xfc), -kInf);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E5M2FNUZ, 0x7f), 57344);
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E8M0, 254), std::ldexp(1.0F, 127));
  EXPECT_EQ(SmallFloatValue(DType::kFloat8E8M0, 0), std::ldexp(1.0F, -127));
}

// ONNX's table for float8e8m0, and its three ways to round.
TEST(SmallFloat, ScalesAreExponents) {
  const auto code = [](double value, ScaleRounding scale, bool saturate) {
    return SmallFloatCode(DType::kFloat8E8M0, value, {saturate, scale});
  };
  const double tiny = std::ldexp(1.0, -140), huge = std::ldexp(1.5, 127);
  for (const double value : {0.0, tiny}) {
    EXPECT_EQ(code(value, ScaleRounding::kUp, true), 0);
    EXPECT_EQ(code(value, ScaleRounding::kNearest, false), 255);
  }
  for (const double value : {huge, static_cast<double>(kInf)}) {
    EXPECT_EQ(code(value, ScaleRounding::kUp, true), 254);
    EXPECT_EQ(code(value, ScaleRounding::kNearest, false), 255);
  }
  EXPECT_EQ(code(kNaN, ScaleRounding::kUp, true), 255);
  EXPECT_EQ(code(-1, ScaleRounding::kUp, true), 255);
  EXPECT_EQ(code(1.5, ScaleRounding::kUp, true), 128);
  EXPECT_EQ(code(1.5, ScaleRounding::kDown, true), 127);
  EXPECT_EQ(code(1.5, ScaleRounding::kNearest, true), 128);
  EXPECT_EQ(code(1.49, ScaleRounding::kNearest, true), 127);
  EXPECT_EQ(code(2, ScaleRounding::kUp, true), 128);
}

TEST(Packed, ElementsOfEveryWidth) {
  for (const DType dtype : {DType::kUint2, DType::kInt4, DType::kFloat6E2M3}) {
    const int mask = (1 << BitsOf(dtype)) - 1;
    Tensor codes(DType::kUint8, {9});
    for (int i = 0; i < 9; ++i) {
      codes.mutable_data<uint8_t>()[i] = static_cast<uint8_t>((3 * i + 1) & mask);
    }
    Tensor packed(dtype, {9});
    PackElements(codes, packed);
    EXPECT_TRUE(SameBits(UnpackElements(packed), codes)) << NameOf(dtype);
  }
  // Four elements of 6 bits in three bytes, as onnx.helper packs them.
  Tensor packed(DType::kFloat6E3M2, {4});
  PackElements(U8({4}, {1, 2, 3, 4}), packed);
  const uint8_t bytes[] = {0x81, 0x30, 0x10};
  EXPECT_EQ(std::memcmp(packed.raw(), bytes, 3), 0);
}

}  // namespace
}  // namespace quantab
