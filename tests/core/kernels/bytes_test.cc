#include "core/kernels/bytes.h"

#include <gtest/gtest.h>

#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/i8_conv/i8_conv.h"
#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels {
namespace {

// The bit that a product of two such numbers loses.
constexpr size_t kHalf = size_t{1} << (sizeof(size_t) * 4);

TEST(BytesTest, ArithmeticSaturates) {
  EXPECT_EQ(SaturatingAdd(3, 4), 7U);
  EXPECT_EQ(SaturatingAdd(SIZE_MAX, 1), SIZE_MAX);
  EXPECT_EQ(SaturatingMul(3, 4), 12U);
  EXPECT_EQ(SaturatingMul(kHalf, kHalf), SIZE_MAX);
  EXPECT_EQ(SaturatingMul(kHalf, kHalf, 0), 0U);
  EXPECT_EQ(SaturatingMul(2, 3, 4, 5), 120U);
  EXPECT_EQ(DivideUp(17, 8), 3U);
  EXPECT_EQ(DivideUp(16, 8), 2U);
  EXPECT_EQ(DivideUp(SIZE_MAX, 8), SIZE_MAX / 8 + 1);
  EXPECT_EQ(SaturatingRoundUp(17, 8), 24U);
  EXPECT_EQ(SaturatingRoundUp(SIZE_MAX, 8), SIZE_MAX);
}

TEST(BytesTest, PackedMatricesThatNoMemoryHolds) {
  EXPECT_EQ(F32GemmPackedBytes(9, 3), 2U * 8 * 3 * sizeof(float));
  EXPECT_EQ(F32GemmPackedBytes(kHalf, kHalf), SIZE_MAX);
  EXPECT_EQ(F32GemmPackedBytes(SIZE_MAX, 1), SIZE_MAX);
  EXPECT_EQ(F32GemmPackedBytes(1, SIZE_MAX / 16), SIZE_MAX);
  EXPECT_EQ(I8GemmPackedBytes(kHalf, kHalf), SIZE_MAX);
  EXPECT_EQ(I8GemmPackedBytes(SIZE_MAX, 1), SIZE_MAX);
  EXPECT_EQ(I8GemmPackedBytes(1, SIZE_MAX), SIZE_MAX);
}

TEST(BytesTest, ConvolutionsThatNoMemoryHolds) {
  // Depthwise: the padded plane, then the taps' offsets.
  ConvShape plane;
  plane.stride = plane.pad = {kHalf / 4, kHalf / 4, kHalf / 4};
  plane.out = {5, 5, 5};
  EXPECT_EQ(F32ConvScratchBytes(plane), SIZE_MAX);
  EXPECT_EQ(I8ConvScratchBytes(plane, ChannelOrder::kFirst), SIZE_MAX);
  ConvShape taps;
  taps.kernel = taps.in = {1, kHalf / 2, kHalf / 2};
  EXPECT_EQ(F32ConvScratchBytes(taps), SIZE_MAX);
  EXPECT_EQ(I8ConvScratchBytes(taps, ChannelOrder::kFirst), SIZE_MAX);
  taps.out_channels = 2;
  EXPECT_EQ(I8ConvPackedBytes(taps, ChannelOrder::kFirst), SIZE_MAX);
  // As a matrix product: channels of a window, channels of an image, output channels.
  ConvShape channels;
  channels.kernel = {1, kHalf / 2, 1};
  channels.in_channels = channels.out_channels = kHalf;
  EXPECT_EQ(F32ConvScratchBytes(channels), SIZE_MAX);
  EXPECT_EQ(I8ConvPackedBytes(channels, ChannelOrder::kFirst), SIZE_MAX);
  ConvShape image;
  image.in_channels = kHalf;
  image.in = {1, kHalf, 1};
  EXPECT_EQ(I8ConvScratchBytes(image, ChannelOrder::kFirst), SIZE_MAX);
  // Counts of the shape itself.
  ConvShape counts;
  counts.in = counts.out = counts.kernel = {kHalf, kHalf, kHalf};
  EXPECT_EQ(counts.InPixels(), SIZE_MAX);
  EXPECT_EQ(counts.OutPixels(), SIZE_MAX);
  EXPECT_EQ(counts.Taps(), SIZE_MAX);
}

TEST(Bytes, BlocksAreEven) {
  EXPECT_EQ(EvenBlock(196, 64, 4), 52U);  // 52, 52, 52, 40 rather than 64, 64, 64, 4
  EXPECT_EQ(EvenBlock(128, 64, 4), 64U);
  EXPECT_EQ(EvenBlock(65, 64, 4), 36U);
  EXPECT_EQ(EvenBlock(7, 64, 4), 8U);
  EXPECT_EQ(EvenBlock(3, 64, 4), 4U);
  EXPECT_EQ(EvenBlock(0, 64, 4), 4U);
  for (size_t count = 1; count < 300; ++count) {
    const size_t block = EvenBlock(count, 64, 4);
    ASSERT_LE(block, 64U);
    ASSERT_EQ(DivideUp(count, block), DivideUp(count, 64)) << count;
  }
}

}  // namespace
}  // namespace quantab::kernels
