#include "core/kernels/im2col/im2col.h"

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class Im2colTest : public KernelTest {};
QUANTAB_TEST_KERNELS(Im2colTest, im2col_family);

TEST_P(Im2colTest, PacksFloatWindows) {
  Random random(5);
  for (int round = 0; round < 150; ++round) {
    const ConvShape shape = RandomShape(random, random.Int(1, 3));
    SCOPED_TRACE(testing::Message() << shape);
    const auto channels = static_cast<size_t>(random.Int(1, 3));
    const auto first = static_cast<size_t>(random.Int(0, static_cast<int>(shape.OutPixels()) - 1));
    const auto count =
        static_cast<size_t>(random.Int(1, static_cast<int>(shape.OutPixels() - first)));
    const size_t depth = channels * shape.Taps();
    Buffer<float> x(channels * shape.InPixels());
    x.Fill(random, -1, 1);
    Buffer<float> packed(F32GemmPackedBytes(count, depth) / sizeof(float));
    std::fill_n(packed.data(), packed.size(), 99.0F);
    Im2colF32Packed(shape, channels, x.data(), 7, first, count, packed.data());
    for (size_t column = 0; column < (count + 7) / 8 * 8; ++column) {
      std::vector<float> want(depth, column < count ? 7.0F : 0.0F);
      if (column < count) {
        ForEachTap(shape, first + column, [&](size_t pixel, size_t tap) {
          for (size_t c = 0; c < channels; ++c) {
            want[c * shape.Taps() + tap] = x[c * shape.InPixels() + pixel];
          }
        });
      }
      for (size_t k = 0; k < depth; ++k) {
        ASSERT_EQ(packed[(column / 8 * depth + k) * 8 + column % 8], want[k]) << column << "," << k;
      }
    }
  }
}

TEST_P(Im2colTest, MakesRowsOfBytes) {
  Random random(6);
  for (int round = 0; round < 150; ++round) {
    const ConvShape shape = RandomShape(random, random.Int(1, 3));
    SCOPED_TRACE(testing::Message() << shape);
    const auto channels = static_cast<size_t>(random.Int(1, 5));
    const size_t stride = channels + static_cast<size_t>(random.Int(0, 1)) * 4;
    const auto first = static_cast<size_t>(random.Int(0, static_cast<int>(shape.OutPixels()) - 1));
    const auto count =
        static_cast<size_t>(random.Int(1, static_cast<int>(shape.OutPixels() - first)));
    const size_t depth = channels * shape.Taps();
    Buffer<uint8_t> x((shape.InPixels() - 1) * stride + channels);
    x.Fill(random, 0, 255);
    Buffer<uint8_t> rows(count * depth);
    Im2colBytesRows(shape, channels, x.data(), stride, 131, first, count, rows.data());
    for (size_t row = 0; row < count; ++row) {
      std::vector<uint8_t> want(depth, 131);
      ForEachTap(shape, first + row, [&](size_t pixel, size_t tap) {
        for (size_t c = 0; c < channels; ++c) want[tap * channels + c] = x[pixel * stride + c];
      });
      for (size_t k = 0; k < depth; ++k)
        ASSERT_EQ(rows[row * depth + k], want[k]) << row << "," << k;
    }
  }
}

TEST(ConvOutSizeTest, FollowsOnnx) {
  EXPECT_EQ(ConvOutSize(224, 7, 2, 1, 3, 3), 112U);
  EXPECT_EQ(ConvOutSize(5, 3, 1, 2, 0, 0), 1U);
  EXPECT_EQ(ConvOutSize(4, 3, 1, 2, 0, 0), 0U);
  EXPECT_EQ(ConvOutSize(1, 1, 3, 1, 0, 0), 1U);
}

}  // namespace
}  // namespace quantab::kernels
