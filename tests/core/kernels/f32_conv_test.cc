#include "core/kernels/f32_conv/f32_conv.h"

#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

void Check(const ConvShape& shape, Random& random) {
  SCOPED_TRACE(testing::Message() << shape);
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  Buffer<float> x(shape.batch * shape.in_channels * shape.InPixels());
  Buffer<float> w(shape.out_channels * group_in * shape.Taps());
  Buffer<float> bias(shape.out_channels);
  Buffer<float> y(shape.batch * shape.out_channels * shape.OutPixels());
  x.Fill(random, -1, 1);
  w.Fill(random, -1, 1);
  bias.Fill(random, -1, 1);
  const bool biased = random.Bool();
  const float min = random.Bool() ? 0.0F : -std::numeric_limits<float>::infinity();
  const Aligned scratch(F32ConvScratchBytes(shape));
  F32Conv(shape, x.data(), w.data(), biased ? bias.data() : nullptr, y.data(), scratch.get(), min,
          6);
  size_t at = 0;
  for (size_t b = 0; b < shape.batch; ++b) {
    for (size_t o = 0; o < shape.out_channels; ++o) {
      for (size_t p = 0; p < shape.OutPixels(); ++p, ++at) {
        double want = biased ? bias[o] : 0;
        for (size_t c = 0; c < group_in; ++c) {
          const size_t plane = b * shape.in_channels + o / group_out * group_in + c;
          ForEachTap(shape, p, [&](size_t pixel, size_t tap) {
            want += static_cast<double>(w[(o * group_in + c) * shape.Taps() + tap]) *
                    x[plane * shape.InPixels() + pixel];
          });
        }
        want = std::min(std::max(want, static_cast<double>(min)), 6.0);
        const double depth = static_cast<double>(group_in * shape.Taps());
        ASSERT_TRUE(Near(y[at], want, {.relative = 1, .absolute = depth + 1}))
            << "batch " << b << " channel " << o << " pixel " << p;
      }
    }
  }
}

// Depthwise planes, which are the family's kernels.
class F32ConvTest : public KernelTest {};
QUANTAB_TEST_KERNELS(F32ConvTest, f32_conv_family);

TEST_P(F32ConvTest, DepthwiseMatchesTheFormula) {
  Random random(7);
  for (int round = 0; round < 150; ++round) {
    ConvShape shape = RandomShape(random, random.Int(1, 3));
    shape.batch = static_cast<size_t>(random.Int(1, 2));
    shape.groups = shape.in_channels = static_cast<size_t>(random.Int(1, 3));
    shape.out_channels = shape.groups * static_cast<size_t>(random.Int(1, 2));
    Check(shape, random);
  }
}

TEST(F32ConvGroupsTest, MatchesTheFormula) {
  Random random(8);
  for (int round = 0; round < 100; ++round) {
    ConvShape shape = RandomShape(random, random.Int(1, 3));
    shape.batch = static_cast<size_t>(random.Int(1, 2));
    shape.groups = static_cast<size_t>(random.Int(1, 3));
    shape.in_channels = shape.groups * static_cast<size_t>(random.Int(1, 5));
    shape.out_channels = shape.groups * static_cast<size_t>(random.Int(1, 9));
    Check(shape, random);
  }
}

// More windows than one block of scratch memory holds.
TEST(F32ConvGroupsTest, RunsInBlocks) {
  Random random(9);
  ConvShape shape;
  shape.in_channels = 64;
  shape.out_channels = 5;
  shape.in = shape.out = {1, 24, 23};
  shape.kernel = {1, 3, 3};
  shape.pad = {0, 1, 1};
  ASSERT_LT(F32ConvScratchBytes(shape), shape.OutPixels() * 64 * 9 * sizeof(float));
  Check(shape, random);
}

}  // namespace
}  // namespace quantab::kernels
