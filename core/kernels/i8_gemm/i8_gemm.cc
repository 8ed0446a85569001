#include "core/kernels/i8_gemm/i8_gemm.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/kernels/bytes.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/i8_gemm/kernels.inc"
#undef QUANTAB_KERNEL
};

// What packed bytes begin with; panels follow. Each panel is: for its columns the sums of B over k,
// then the zero points (both int32, in signed B's range), then the bytes.
struct alignas(16) PackedHeader {
  const KernelEntry* entry;
  uint32_t has_zero;  // some column's zero point is not 0 in signed range
};
static_assert(sizeof(PackedHeader) == 16);

const I8GemmKernel& KernelOf(const KernelEntry& entry) {
  return *static_cast<const I8GemmKernel*>(entry.kernel);
}

size_t PanelBytes(const I8GemmKernel& kernel, size_t k) {
  const size_t rows = SaturatingRoundUp(k, kernel.depth_block);
  return SaturatingMul(kernel.columns, SaturatingAdd(2 * sizeof(int32_t), rows));
}

size_t PackedBytes(const I8GemmKernel& kernel, size_t n, size_t k) {
  return SaturatingAdd(sizeof(PackedHeader),
                       SaturatingMul(DivideUp(n, kernel.columns), PanelBytes(kernel, k)));
}

// Rows of A handled between two sweeps of B.
constexpr size_t kRowBlock = 64;

size_t ElementBytes(I8GemmOut out) { return out == I8GemmOut::kRequantize ? 1 : 4; }

}  // namespace

constinit KernelFamily i8_gemm_family("i8_gemm", kEntries);

size_t I8GemmPackedBytes(size_t n, size_t k) {
  size_t most = 0;
  for (const KernelEntry& entry : kEntries)
    most = std::max(most, PackedBytes(KernelOf(entry), n, k));
  return most;
}

void I8GemmPack(size_t n, size_t k, const I8GemmB& b, void* packed) {
  const KernelEntry& entry =
      i8_gemm_family.ChooseCheapest<I8GemmKernel>([n](const I8GemmKernel& kernel) {
        return static_cast<double>(SaturatingRoundUp(n, kernel.columns)) * kernel.cost;
      });
  const I8GemmKernel& kernel = KernelOf(entry);
  auto* header = new (packed) PackedHeader{&entry, 0};
  auto* at = static_cast<uint8_t*>(packed) + sizeof(PackedHeader);
  const auto* data = static_cast<const uint8_t*>(b.data);
  const uint8_t flip = b.is_signed ? 0 : 0x80;
  const size_t k_inner = b.k_inner == 0 ? std::max<size_t>(k, 1) : b.k_inner;
  for (size_t first = 0; first < n; first += kernel.columns, at += PanelBytes(kernel, k)) {
    const size_t columns = std::min(kernel.columns, n - first);
    auto* sums = reinterpret_cast<int32_t*>(at);
    int32_t* zeros = sums + kernel.columns;
    auto* panel = reinterpret_cast<int8_t*>(zeros + kernel.columns);
    std::memset(at, 0, PanelBytes(kernel, k));
    for (size_t c = 0; c < columns; ++c) {
      const size_t column = first + c;
      const int32_t zero = b.zero == nullptr ? 0 : b.zero[column * b.zero_stride];
      zeros[c] = b.is_signed ? zero : zero - 128;
      if (zeros[c] != 0) header->has_zero = 1;
      uint32_t sum = 0;
      for (size_t i = 0; i < k; ++i) {
        const size_t offset = i / k_inner * b.k_outer_stride + i % k_inner * b.k_stride;
        const auto value = static_cast<int8_t>(data[offset + column * b.n_stride] ^ flip);
        panel[(i / kernel.depth * kernel.columns + c) * kernel.depth + i % kernel.depth] = value;
        sum += static_cast<uint32_t>(int32_t{value});
      }
      sums[c] = static_cast<int32_t>(sum);
    }
  }
}

void I8Gemm(size_t m, size_t n, size_t k, const void* a, bool a_signed, size_t lda, int32_t a_zero,
            const void* packed, void* c, size_t ldc, const I8GemmEpilogue& epilogue) {
  const auto* header = static_cast<const PackedHeader*>(packed);
  const I8GemmKernel& kernel = KernelOf(*header->entry);
  i8_gemm_family.Note(header->entry->name);
  const auto* a_bytes = static_cast<const uint8_t*>(a);
  const size_t element = ElementBytes(epilogue.out);
  const int32_t flipped_zero = !kernel.flips(a_signed) ? a_zero
                               : a_signed              ? a_zero + 128
                                                       : a_zero - 128;

  alignas(16) int32_t acc[kI8GemmMaxRows * kI8GemmMaxColumns];
  alignas(16) int32_t base[kI8GemmMaxColumns];
  alignas(16) float scale[kI8GemmMaxColumns];
  int32_t row_sums[kRowBlock] = {};
  I8GemmFinish finish = {.base = base,
                         .scale = scale,
                         .out = epilogue.out,
                         .out_signed = epilogue.out_signed,
                         .out_zero = epilogue.out_zero};
  for (size_t m0 = 0; m0 < m; m0 += kRowBlock) {
    const size_t block = std::min(kRowBlock, m - m0);
    if (header->has_zero != 0) {
      for (size_t i = 0; i < block; ++i) {
        const int32_t sum = kernel.row_sum(k, a_bytes + (m0 + i) * lda, a_signed);
        row_sums[i] = static_cast<int32_t>(
            static_cast<uint32_t>(sum) - static_cast<uint32_t>(k) * static_cast<uint32_t>(a_zero));
      }
    }
    const auto* at = static_cast<const uint8_t*>(packed) + sizeof(PackedHeader);
    for (size_t n0 = 0; n0 < n; n0 += kernel.columns, at += PanelBytes(kernel, k)) {
      const size_t columns = std::min(kernel.columns, n - n0);
      const auto* sums = reinterpret_cast<const int32_t*>(at);
      const int32_t* zeros = sums + kernel.columns;
      const auto* panel = reinterpret_cast<const int8_t*>(zeros + kernel.columns);
      for (size_t i = 0; i < columns; ++i) {
        const auto bias =
            static_cast<uint32_t>(epilogue.bias == nullptr ? 0 : epilogue.bias[n0 + i]);
        base[i] = static_cast<int32_t>(bias - static_cast<uint32_t>(flipped_zero) *
                                                  static_cast<uint32_t>(sums[i]));
        if (epilogue.scale != nullptr) scale[i] = epilogue.scale[(n0 + i) * epilogue.scale_stride];
      }
      finish.zero = header->has_zero != 0 ? zeros : nullptr;
      finish.float_bias = epilogue.float_bias == nullptr ? nullptr : epilogue.float_bias + n0;
      for (size_t i = 0; i < block; i += kernel.rows) {
        const size_t rows = std::min(kernel.rows, block - i);
        kernel.tile(rows, k, a_bytes + (m0 + i) * lda, lda, a_signed, panel, acc);
        for (size_t r = 0; r < rows; ++r) {
          const size_t row = m0 + i + r;
          finish.row_sum = row_sums[i + r];
          finish.row_scale = epilogue.row_scale == nullptr ? 1 : epilogue.row_scale[row];
          kernel.finish(columns, acc + r * kernel.columns, finish,
                        static_cast<uint8_t*>(c) + (row * ldc + n0) * element);
        }
      }
    }
  }
}

void I8EpilogueRow(size_t n, const int32_t* acc, int32_t bias, float scale, float float_bias,
                   I8GemmOut out, bool out_signed, int32_t out_zero, void* y) {
  constexpr size_t kChunk = 64;
  alignas(16) int32_t bases[kChunk];
  alignas(16) float scales[kChunk];
  alignas(16) float float_biases[kChunk];
  std::fill_n(bases, std::min(n, kChunk), bias);
  std::fill_n(scales, std::min(n, kChunk), scale);
  std::fill_n(float_biases, std::min(n, kChunk), float_bias);
  const I8GemmFinish finish = {.base = bases,
                               .scale = scales,
                               .float_bias = float_biases,
                               .out = out,
                               .out_signed = out_signed,
                               .out_zero = out_zero};
  const I8GemmKernel& kernel = i8_gemm_family.Get<I8GemmKernel>();
  for (size_t i = 0; i < n; i += kChunk) {
    kernel.finish(std::min(kChunk, n - i), acc + i, finish,
                  static_cast<uint8_t*>(y) + i * ElementBytes(out));
  }
}

}  // namespace quantab::kernels
