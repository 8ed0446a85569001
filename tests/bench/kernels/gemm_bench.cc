// Matrix products at sizes of transformer layers and of convolutions (MobileNet, ResNet). An
// operation is a multiply or an add.
#include <string>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "tests/bench/kernels/kernel_bench.h"

namespace quantab::kernels {
namespace {

struct Size {
  size_t m;
  size_t n;
  size_t k;
};

constexpr Size kSizes[] = {{1, 384, 384},   {128, 384, 384}, {128, 1536, 384},
                           {3136, 24, 144}, {196, 384, 64},  {49, 1280, 320},
                           {784, 512, 128}, {256, 256, 256}, {1024, 1024, 1024}};

std::string Title(const Size& size) {
  return std::to_string(size.m) + "x" + std::to_string(size.n) + "x" + std::to_string(size.k);
}

double Operations(const Size& size) {
  return 2.0 * static_cast<double>(size.m) * static_cast<double>(size.n) *
         static_cast<double>(size.k);
}

void RunF32(benchmark::State& state, const Size& size) {
  const std::vector<float> a = BenchFloats(size.m * size.k);
  const std::vector<float> b = BenchFloats(size.k * size.n);
  std::vector<float> c(size.m * size.n);
  std::vector<float> packed(F32GemmPackedBytes(size.n, size.k) / sizeof(float));
  F32GemmPack(size.n, size.k, b.data(), size.n, false, packed.data());
  for (auto _ : state) {
    F32Gemm(size.m, size.n, size.k, a.data(), size.k, packed.data(), c.data(), size.n);
    benchmark::ClobberMemory();
  }
}

void RunI8(benchmark::State& state, const Size& size) {
  const std::vector<uint8_t> a = BenchBytes(size.m * size.k);
  const std::vector<uint8_t> b = BenchBytes(size.k * size.n);
  std::vector<uint8_t> c(size.m * size.n);
  auto packed = BenchMemory(I8GemmPackedBytes(size.n, size.k));
  I8GemmPack(size.n, size.k,
             {.data = b.data(), .is_signed = true, .k_stride = size.n, .n_stride = 1},
             AlignTo16(packed));
  const float scale = 1e-4F;
  for (auto _ : state) {
    I8Gemm(size.m, size.n, size.k, a.data(), false, size.k, 128, AlignTo16(packed), c.data(),
           size.n, {.out = I8GemmOut::kRequantize, .scale = &scale, .out_zero = 128});
    benchmark::ClobberMemory();
  }
}

const int kRegistered = [] {
  for (const Size& size : kSizes) {
    AddKernelBench(f32_gemm_family, Title(size), Operations(size),
                   [size](benchmark::State& state) { RunF32(state, size); });
    AddKernelBench(i8_gemm_family, Title(size), Operations(size),
                   [size](benchmark::State& state) { RunI8(state, size); });
  }
  return 0;
}();

}  // namespace
}  // namespace quantab::kernels
