// Depthwise 3x3 of MobileNetV2's sizes, whole convolutions, and the windows they are made of. An
// operation is a multiply or an add; for im2col an element.
#include <string>

#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/i8_conv/i8_conv.h"
#include "core/kernels/i8_depthwise/i8_depthwise.h"
#include "core/kernels/pool/pool.h"
#include "tests/bench/kernels/kernel_bench.h"

namespace quantab::kernels {
namespace {

ConvShape Square(size_t in_channels, size_t out_channels, size_t groups, size_t size, size_t kernel,
                 size_t stride) {
  ConvShape shape;
  shape.in_channels = in_channels;
  shape.out_channels = out_channels;
  shape.groups = groups;
  for (size_t d = 1; d < 3; ++d) {
    shape.in[d] = size;
    shape.kernel[d] = kernel;
    shape.stride[d] = stride;
    shape.pad[d] = kernel / 2;
    shape.out[d] = ConvOutSize(size, kernel, stride, 1, kernel / 2, kernel / 2);
  }
  return shape;
}

std::string Title(const ConvShape& shape) {
  return std::to_string(shape.in_channels) + "to" + std::to_string(shape.out_channels) + "_" +
         std::to_string(shape.in[2]) + "px_" + std::to_string(shape.kernel[2]) + "x" +
         std::to_string(shape.kernel[2]) + "s" + std::to_string(shape.stride[2]);
}

double Operations(const ConvShape& shape) {
  return 2.0 * static_cast<double>(shape.out_channels * shape.OutPixels()) *
         static_cast<double>(shape.in_channels / shape.groups * shape.Taps());
}

void RunF32(benchmark::State& state, const ConvShape& shape) {
  const std::vector<float> x = BenchFloats(shape.in_channels * shape.InPixels());
  const std::vector<float> w =
      BenchFloats(shape.out_channels * shape.in_channels / shape.groups * shape.Taps());
  std::vector<float> y(shape.out_channels * shape.OutPixels());
  auto scratch = BenchMemory(F32ConvScratchBytes(shape));
  for (auto _ : state) {
    F32Conv(shape, x.data(), w.data(), nullptr, y.data(), AlignTo16(scratch), 0, 6);
    benchmark::ClobberMemory();
  }
}

void RunI8(benchmark::State& state, const ConvShape& shape, ChannelOrder order) {
  const std::vector<uint8_t> x = BenchBytes(shape.in_channels * shape.InPixels());
  const std::vector<uint8_t> w =
      BenchBytes(shape.out_channels * shape.in_channels / shape.groups * shape.Taps());
  std::vector<uint8_t> y(shape.out_channels * shape.OutPixels());
  auto packed = BenchMemory(I8ConvPackedBytes(shape, order));
  auto scratch = BenchMemory(I8ConvScratchBytes(shape, order));
  I8ConvPack(shape, order, {.data = w.data()}, AlignTo16(packed));
  const float scale = 1e-3F;
  for (auto _ : state) {
    I8Conv(shape, order, x.data(), false, 128, AlignTo16(packed), y.data(), AlignTo16(scratch),
           {.out = I8GemmOut::kRequantize, .scale = &scale, .out_zero = 128});
    benchmark::ClobberMemory();
  }
}

void RunIm2col(benchmark::State& state, const ConvShape& shape) {
  const std::vector<float> x = BenchFloats(shape.in_channels * shape.InPixels());
  const size_t depth = shape.in_channels * shape.Taps();
  std::vector<float> packed(F32GemmPackedBytes(shape.OutPixels(), depth) / sizeof(float));
  for (auto _ : state) {
    Im2colF32Packed(shape, shape.in_channels, x.data(), 0, 0, shape.OutPixels(), packed.data());
    benchmark::ClobberMemory();
  }
}

void RunMaxPool(benchmark::State& state, const ConvShape& shape) {
  const std::vector<float> x = BenchFloats(shape.in_channels * shape.InPixels());
  std::vector<float> y(shape.in_channels * shape.OutPixels());
  for (auto _ : state) {
    MaxPoolF32(shape, shape.in_channels, x.data(), y.data());
    benchmark::ClobberMemory();
  }
}

const int kRegistered = [] {
  for (const ConvShape& shape : {Square(32, 32, 32, 112, 3, 1), Square(96, 96, 96, 112, 3, 2),
                                 Square(144, 144, 144, 56, 3, 1), Square(576, 576, 576, 14, 3, 1),
                                 Square(960, 960, 960, 7, 3, 1)}) {
    AddKernelBench(f32_conv_family, Title(shape), Operations(shape),
                   [shape](benchmark::State& state) { RunF32(state, shape); });
    AddKernelBench(i8_conv_family, Title(shape), Operations(shape),
                   [shape](benchmark::State& state) { RunI8(state, shape, ChannelOrder::kFirst); });
    AddKernelBench(i8_depthwise_family, Title(shape), Operations(shape),
                   [shape](benchmark::State& state) { RunI8(state, shape, ChannelOrder::kLast); });
  }
  for (const ConvShape& shape :
       {Square(3, 32, 1, 224, 3, 2), Square(64, 64, 1, 56, 3, 1), Square(64, 256, 1, 56, 1, 1),
        Square(256, 256, 1, 14, 3, 1), Square(12, 16, 1, 208, 3, 1), Square(16, 64, 1, 56, 3, 1)}) {
    AddKernelBench(f32_gemm_family, "conv_" + Title(shape), Operations(shape),
                   [shape](benchmark::State& state) { RunF32(state, shape); });
    for (const ChannelOrder order : {ChannelOrder::kFirst, ChannelOrder::kLast}) {
      AddKernelBench(i8_gemm_family,
                     (order == ChannelOrder::kLast ? "conv_last_" : "conv_") + Title(shape),
                     Operations(shape),
                     [shape, order](benchmark::State& state) { RunI8(state, shape, order); });
    }
    AddKernelBench(im2col_family, Title(shape),
                   static_cast<double>(shape.in_channels * shape.Taps() * shape.OutPixels()),
                   [shape](benchmark::State& state) { RunIm2col(state, shape); });
  }
  const ConvShape pool = Square(64, 64, 64, 112, 3, 2);
  AddKernelBench(pool_family, Title(pool), Operations(pool) / 2,
                 [pool](benchmark::State& state) { RunMaxPool(state, pool); });
  return 0;
}();

}  // namespace
}  // namespace quantab::kernels
