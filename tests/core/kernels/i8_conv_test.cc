#include "core/kernels/i8_conv/i8_conv.h"

#include <algorithm>

#include "tests/core/kernels/conv_shapes.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

int32_t Value(uint8_t byte, bool is_signed) {
  return is_signed ? int32_t{static_cast<int8_t>(byte)} : int32_t{byte};
}

void Check(const ConvShape& shape, Random& random) {
  SCOPED_TRACE(testing::Message() << shape);
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const bool x_signed = random.Bool();
  const bool w_signed = random.Bool();
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
  for (size_t i = 0; i < w_zero.size(); ++i) w_zero[i] = random.Int(0, 255) - (w_signed ? 128 : 0);
  const size_t zero_stride = random.Bool() ? 1 : 0;

  const Aligned packed(I8ConvPackedBytes(shape));
  const Aligned scratch(I8ConvScratchBytes(shape));
  I8ConvPack(
      shape,
      {.data = w.data(), .is_signed = w_signed, .zero = w_zero.data(), .zero_stride = zero_stride},
      packed.get());
  const size_t outputs = shape.batch * shape.out_channels * shape.OutPixels();
  Buffer<int32_t> acc(outputs);
  Buffer<uint8_t> y(outputs);
  Buffer<float> f(outputs);
  I8Conv(shape, x.data(), x_signed, x_zero, packed.get(), acc.data(), scratch.get(), {});
  I8Conv(shape, x.data(), x_signed, x_zero, packed.get(), y.data(), scratch.get(),
         {.out = I8GemmOut::kRequantize,
          .bias = bias.data(),
          .scale = scale.data(),
          .scale_stride = 1,
          .out_signed = y_signed,
          .out_zero = y_zero});
  I8Conv(shape, x.data(), x_signed, x_zero, packed.get(), f.data(), scratch.get(),
         {.out = I8GemmOut::kDequantize, .scale = scale.data(), .float_bias = scale.data()});
  size_t at = 0;
  for (size_t b = 0; b < shape.batch; ++b) {
    for (size_t o = 0; o < shape.out_channels; ++o) {
      for (size_t p = 0; p < shape.OutPixels(); ++p, ++at) {
        int32_t want = 0;
        for (size_t c = 0; c < group_in; ++c) {
          const size_t plane = b * shape.in_channels + o / group_out * group_in + c;
          ForEachTap(shape, p, [&](size_t pixel, size_t tap) {
            want += (Value(w[(o * group_in + c) * shape.Taps() + tap], w_signed) -
                     w_zero[o * zero_stride]) *
                    (Value(x[plane * shape.InPixels() + pixel], x_signed) - x_zero);
          });
        }
        ASSERT_EQ(acc[at], want) << "channel " << o << " pixel " << p;
        const float scaled = static_cast<float>(want + bias[o]) * scale[o];
        const double moved = std::nearbyint(static_cast<double>(scaled)) + y_zero;
        const double low = y_signed ? -128 : 0;
        ASSERT_EQ(Value(y[at], y_signed), static_cast<int>(std::clamp(moved, low, low + 255)))
            << "channel " << o << " pixel " << p;
        ASSERT_EQ(f[at], static_cast<float>(want) * scale[0] + scale[o]);
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
    Check(shape, random);
  }
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
      Check(shape, random);
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
