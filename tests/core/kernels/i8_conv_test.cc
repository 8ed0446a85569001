#include "core/kernels/i8_conv/i8_conv.h"

#include <algorithm>
#include <string_view>

#include "core/kernels/i8_depthwise/i8_depthwise.h"
#include "core/kernels/im2col/window_parts.h"
#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

int32_t Value(uint8_t byte, bool is_signed) {
  return is_signed ? int32_t{static_cast<int8_t>(byte)} : int32_t{byte};
}

// With `plain_weights` these are signed and have no zero points.
void Check(const ConvShape& shape, ChannelOrder order, Random& random, bool plain_weights = false) {
  const bool last = order == ChannelOrder::kLast;
  SCOPED_TRACE(testing::Message() << shape << (last ? " channels last" : " channels first"));
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const bool x_signed = random.Bool();
  const bool w_signed = plain_weights || random.Bool();
  const bool y_signed = random.Bool();
  Buffer<uint8_t> x(shape.batch * shape.in_channels * shape.InPixels());
  Buffer<uint8_t> w(shape.out_channels * group_in * shape.Taps());
  x.Fill(random, 0, 255);
  w.Fill(random, 0, 255);
  Buffer<int32_t> bias(shape.out_channels);
  bias.Fill(random, -10000, 10000);
  Buffer<float> scale(shape.out_channels);
  scale.Fill(random, 1e-4F, 1e-2F);
  const int32_t x_zero = random.Int(0, 255) - (x_signed ? 128 : 0);
  const int32_t y_zero = random.Int(0, 255) - (y_signed ? 128 : 0);
  Buffer<int32_t> w_zero(shape.out_channels);
  for (size_t i = 0; i < w_zero.size() && !plain_weights; ++i) {
    w_zero[i] = random.Int(0, 255) - (w_signed ? 128 : 0);
  }
  const size_t zero_stride = random.Bool() ? 1 : 0;

  const Aligned packed(I8ConvPackedBytes(shape, order));
  const Aligned scratch(I8ConvScratchBytes(shape, order));
  I8ConvPack(
      shape, order,
      {.data = w.data(), .is_signed = w_signed, .zero = w_zero.data(), .zero_stride = zero_stride},
      packed.get());
  const size_t outputs = shape.batch * shape.out_channels * shape.OutPixels();
  Buffer<int32_t> acc(outputs);
  Buffer<uint8_t> y(outputs);
  Buffer<float> f(outputs);
  I8Conv(shape, order, x.data(), x_signed, x_zero, packed.get(), acc.data(), scratch.get(), {});
  I8Conv(shape, order, x.data(), x_signed, x_zero, packed.get(), y.data(), scratch.get(),
         {.out = I8GemmOut::kRequantize,
          .bias = bias.data(),
          .scale = scale.data(),
          .scale_stride = 1,
          .out_signed = y_signed,
          .out_zero = y_zero});
  SharedRange range;
  Buffer<float> addend(outputs);
  if (last && random.Bool()) addend.Fill(random, -5, 5);
  I8Conv(shape, order, x.data(), x_signed, x_zero, packed.get(), f.data(), scratch.get(),
         {.out = I8GemmOut::kDequantize,
          .scale = scale.data(),
          .float_bias = scale.data(),
          .low = -3,
          .high = 30,
          .range = &range,
          .addend = last ? addend.data() : nullptr,
          .results = f.data()});
  const FloatRange extremes = MinMax(f.size(), f.data());
  ASSERT_EQ(range.Get().min, extremes.min);
  ASSERT_EQ(range.Get().max, extremes.max);
  const auto index = [last](size_t b, size_t c, size_t channels, size_t pixel, size_t pixels) {
    return last ? (b * pixels + pixel) * channels + c : (b * channels + c) * pixels + pixel;
  };
  for (size_t b = 0; b < shape.batch; ++b) {
    for (size_t o = 0; o < shape.out_channels; ++o) {
      for (size_t p = 0; p < shape.OutPixels(); ++p) {
        const size_t at = index(b, o, shape.out_channels, p, shape.OutPixels());
        int32_t want = 0;
        for (size_t c = 0; c < group_in; ++c) {
          const size_t channel = o / group_out * group_in + c;
          ForEachTap(shape, p, [&](size_t pixel, size_t tap) {
            want +=
                (Value(w[(o * group_in + c) * shape.Taps() + tap], w_signed) -
                 w_zero[o * zero_stride]) *
                (Value(x[index(b, channel, shape.in_channels, pixel, shape.InPixels())], x_signed) -
                 x_zero);
          });
        }
        ASSERT_EQ(acc[at], want) << "channel " << o << " pixel " << p;
        const float scaled = static_cast<float>(want + bias[o]) * scale[o];
        const double moved = std::nearbyint(static_cast<double>(scaled)) + y_zero;
        const double low = y_signed ? -128 : 0;
        ASSERT_EQ(Value(y[at], y_signed), static_cast<int>(std::clamp(moved, low, low + 255)))
            << "channel " << o << " pixel " << p;
        const float sum = static_cast<float>(want) * scale[0] + scale[o] + addend[at];
        ASSERT_EQ(f[at], std::clamp(sum, -3.0F, 30.0F));
      }
    }
  }
}

class I8ConvTest : public KernelTest {};
QUANTAB_TEST_KERNELS(I8ConvTest, i8_conv_family);

TEST_P(I8ConvTest, DepthwiseIsExact) {
  Random random(10);
  for (int round = 0; round < 150; ++round) {
    ConvShape shape = RandomShape(random, random.Int(1, 3));
    shape.batch = static_cast<size_t>(random.Int(1, 2));
    shape.groups = shape.in_channels = static_cast<size_t>(random.Int(1, 3));
    shape.out_channels = shape.groups * static_cast<size_t>(random.Int(1, 2));
    Check(shape, ChannelOrder::kFirst, random);
  }
}

class I8DepthwiseTest : public KernelTest {};
QUANTAB_TEST_KERNELS(I8DepthwiseTest, i8_depthwise_family);

TEST_P(I8DepthwiseTest, IsExact) {
  Random random(12);
  const auto& kernel = *static_cast<const I8DepthwiseKernel*>(GetParam().entry->kernel);
  for (int round = 0; round < 150; ++round) {
    ConvShape shape = RandomShape(random, random.Int(1, 3));
    shape.batch = static_cast<size_t>(random.Int(1, 2));
    shape.groups = shape.in_channels = shape.out_channels = static_cast<size_t>(random.Int(8, 26));
    Check(shape, ChannelOrder::kLast, random, kernel.narrow_weights || random.Bool());
  }
}

// The relaxed kernel holds weights as int8: others go to the kernel of 16-bit weights.
TEST(I8DepthwiseChoiceTest, LooksAtTheWeights) {
  const EmulatedDot emulated(RelaxedDot::kUnsigned);
  if (std::string_view(i8_depthwise_family.Choose().name) != "i8_depthwise_relaxed") {
    GTEST_SKIP() << "this build or machine has no exact relaxed dot product";
  }
  Random random(13);
  ConvShape shape;
  shape.groups = shape.in_channels = shape.out_channels = 9;
  shape.in[2] = shape.out[2] = 10;
  shape.kernel[2] = 3;
  shape.pad[2] = 1;
  Check(shape, ChannelOrder::kLast, random, true);
  EXPECT_STREQ(i8_depthwise_family.last(), "i8_depthwise_relaxed");
  const std::vector<uint8_t> w(27, 255);
  const Aligned packed(I8ConvPackedBytes(shape, ChannelOrder::kLast));
  const Aligned scratch(I8ConvScratchBytes(shape, ChannelOrder::kLast));
  I8ConvPack(shape, ChannelOrder::kLast, {.data = w.data(), .is_signed = false}, packed.get());
  const std::vector<uint8_t> x(90, 255);
  std::vector<int32_t> y(90);
  I8Conv(shape, ChannelOrder::kLast, x.data(), false, 0, packed.get(), y.data(), scratch.get(), {});
  EXPECT_STREQ(i8_depthwise_family.last(), "i8_depthwise_simd128");
  EXPECT_EQ(y[9], 3 * 255 * 255);
}

TEST(I8ConvGroupsTest, IsExact) {
  Random random(11);
  for (const RelaxedDot dot : {RelaxedDot::kAbsent, RelaxedDot::kSigned, RelaxedDot::kUnsigned}) {
    const EmulatedDot emulated(dot);
    for (int round = 0; round < 50; ++round) {
      ConvShape shape = RandomShape(random, random.Int(1, 3));
      shape.batch = static_cast<size_t>(random.Int(1, 2));
      shape.groups = static_cast<size_t>(random.Int(1, 3));
      shape.in_channels = shape.groups * static_cast<size_t>(random.Int(2, 5));
      shape.out_channels = shape.groups * static_cast<size_t>(random.Int(1, 9));
      Check(shape, random.Bool() ? ChannelOrder::kFirst : ChannelOrder::kLast, random);
    }
  }
}

// Windows are read where they lie, by the rows of a kernel or by the taps of a dilated one; some
// are deeper than what is widened at a time.
TEST(I8ConvPartsTest, IsExact) {
  Random random(14);
  for (const RelaxedDot dot : {RelaxedDot::kAbsent, RelaxedDot::kSigned, RelaxedDot::kUnsigned}) {
    const EmulatedDot emulated(dot);
    int by_rows = 0;
    int by_taps = 0;
    for (int round = 0; round < 60; ++round) {
      ConvShape shape = RandomShape(random, random.Int(1, 3));
      shape.batch = static_cast<size_t>(random.Int(1, 2));
      shape.in_channels = 4 * static_cast<size_t>(random.Int(1, 7));
      shape.out_channels = static_cast<size_t>(random.Int(1, 30));
      if (WindowPartsOf(shape).count == 0) continue;
      ++(shape.dilation[2] == 1 ? by_rows : by_taps);
      Check(shape, random.Bool() ? ChannelOrder::kFirst : ChannelOrder::kLast, random);
    }
    EXPECT_GT(by_rows, 5);
    EXPECT_GT(by_taps, 5);
    ConvShape deep;
    deep.in_channels = 620;
    deep.out_channels = 3;
    for (size_t d = 1; d < 3; ++d) {
      deep.in[d] = deep.out[d] = deep.kernel[d] = 3;
      deep.pad[d] = 1;
    }
    ASSERT_NE(WindowPartsOf(deep).count, 0U);
    Check(deep, ChannelOrder::kLast, random);
  }
}

}  // namespace
}  // namespace quantab::kernels
