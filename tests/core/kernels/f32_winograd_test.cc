#include "core/kernels/f32_winograd/f32_winograd.h"

#include "core/base/reproducible.h"
#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

ConvShape Shape(size_t in_channels, size_t out_channels, size_t height, size_t width, size_t pad,
                size_t pad_end) {
  ConvShape shape;
  shape.in_channels = in_channels;
  shape.out_channels = out_channels;
  shape.kernel = {1, 3, 3};
  shape.in = {1, height, width};
  shape.pad = {0, pad, pad};
  for (size_t d = 1; d < 3; ++d) shape.out[d] = ConvOutSize(shape.in[d], 3, 1, 1, pad, pad_end);
  return shape;
}

void Check(const ConvShape& shape, Random& random) {
  SCOPED_TRACE(testing::Message() << shape);
  ASSERT_TRUE(F32WinogradPays(shape));
  const size_t in_channels = shape.in_channels, out_channels = shape.out_channels;
  Buffer<float> x(shape.batch * in_channels * shape.InPixels());
  Buffer<float> w(out_channels * in_channels * 9);
  Buffer<float> bias(out_channels);
  Buffer<float> y(shape.batch * out_channels * shape.OutPixels());
  Buffer<float> packed(F32WinogradPackedBytes(out_channels, in_channels) / sizeof(float));
  x.Fill(random, -1, 1);
  w.Fill(random, -1, 1);
  bias.Fill(random, -1, 1);
  const bool biased = random.Bool();
  const float min = random.Bool() ? 0.0F : -std::numeric_limits<float>::infinity();
  const Aligned scratch(F32WinogradScratchBytes(shape));
  F32WinogradPack(out_channels, in_channels, w.data(), packed.data());
  F32Winograd(shape, x.data(), packed.data(), biased ? bias.data() : nullptr, y.data(),
              scratch.get(), min, 6);
  // Twice the bound that a plain sum of as many products is held to (f32_conv_test.cc).
  const double terms = static_cast<double>(9 * in_channels + 1);
  const Tolerance tolerance = {.relative = 1, .absolute = 2 * terms};
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t plane = i / shape.OutPixels();
    const size_t b = plane / out_channels, o = plane % out_channels;
    double want = biased ? bias[o] : 0;
    ForEachTap(shape, i % shape.OutPixels(), [&](size_t pixel, size_t tap) {
      for (size_t c = 0; c < in_channels; ++c) {
        want += static_cast<double>(w[(o * in_channels + c) * 9 + tap]) *
                x[(b * in_channels + c) * shape.InPixels() + pixel];
      }
    });
    want = std::min(std::max(want, static_cast<double>(min)), 6.0);
    ASSERT_TRUE(Near(y[i], want, tolerance)) << "channel " << o << " pixel " << i;
  }
}

class F32WinogradTest : public KernelTest {};
QUANTAB_TEST_KERNELS(F32WinogradTest, f32_winograd_family);

TEST_P(F32WinogradTest, MatchesTheFormula) {
  Random random(60);
  for (const size_t width : {13, 14, 15, 16, 29}) {
    for (const size_t pad : {0, 1, 2}) {
      ConvShape shape = Shape(17, 19, width + 2, width, pad, static_cast<size_t>(random.Int(0, 2)));
      shape.batch = pad == 1 ? 2 : 1;
      Check(shape, random);
    }
  }
}

// More tiles than one block of scratch memory holds.
TEST_P(F32WinogradTest, RunsInBlocks) {
  Random random(61);
  const ConvShape shape = Shape(96, 32, 66, 62, 1, 1);
  const size_t tiles = 17 * 16;
  ASSERT_LT(F32WinogradScratchBytes(shape), tiles * 36 * 128 * sizeof(float));
  Check(shape, random);
}

TEST(F32WinogradPaysTest, ForThreeByThreeOfManyChannelsAlone) {
  const ConvShape good = Shape(64, 64, 56, 56, 1, 1);
  EXPECT_TRUE(F32WinogradPays(good));
  {
    const ReproducibleScope scope;
    EXPECT_FALSE(F32WinogradPays(good));
  }
  EXPECT_FALSE(F32WinogradPays(Shape(3, 64, 56, 56, 1, 1)));
  EXPECT_FALSE(F32WinogradPays(Shape(512, 512, 7, 7, 1, 1)));
  ConvShape apart = good;
  apart.stride = {1, 2, 2};
  EXPECT_FALSE(F32WinogradPays(apart));
  apart = good;
  apart.dilation = {1, 2, 2};
  EXPECT_FALSE(F32WinogradPays(apart));
  apart = good;
  apart.kernel = {1, 1, 3};
  EXPECT_FALSE(F32WinogradPays(apart));
  apart = good;
  apart.groups = 2;
  EXPECT_FALSE(F32WinogradPays(apart));
}

}  // namespace
}  // namespace quantab::kernels
