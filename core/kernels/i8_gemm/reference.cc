#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/i8_gemm/i8_gemm.h"

namespace quantab::kernels {
namespace {

constexpr size_t kColumns = 4;
constexpr size_t kDepthBlock = 4;

uint32_t Value(uint8_t byte, bool is_signed) {
  return static_cast<uint32_t>(is_signed ? int32_t{static_cast<int8_t>(byte)} : int32_t{byte});
}

uint8_t ByteOf(const I8GemmTiles& t, size_t row, size_t i) {
  const I8GemmParts& parts = t.parts;
  if (parts.part != nullptr) {
    return parts.part[row * parts.count + i / parts.bytes][i % parts.bytes];
  }
  return static_cast<const uint8_t*>(t.a)[row * t.lda + i];
}

void Tiles(const I8GemmTiles& t) {
  const auto* panel = static_cast<const int8_t*>(t.panel);
  for (size_t r = 0; r < t.rows; ++r) {
    for (size_t c = 0; c < kColumns; ++c) {
      uint32_t sum = t.add ? static_cast<uint32_t>(t.acc[r * kColumns + c]) : 0;
      for (size_t i = 0; i < t.k; ++i) {
        sum += Value(ByteOf(t, r, i), t.a_signed) *
               static_cast<uint32_t>(int32_t{panel[i * kColumns + c]});
      }
      t.acc[r * kColumns + c] = static_cast<int32_t>(sum);
    }
  }
}

bool Flips(bool) { return false; }

int32_t RowSum(size_t k, const uint8_t* a, bool a_signed) {
  uint32_t sum = 0;
  for (size_t i = 0; i < k; ++i) sum += Value(a[i], a_signed);
  return static_cast<int32_t>(sum);
}

void FinishRow(size_t n, const int32_t* acc, const I8GemmFinish& finish, int32_t row_sum,
               float row_scale, void* y) {
  const float lowest = static_cast<float>((finish.out_signed ? -128 : 0) - finish.out_zero);
  const float highest = static_cast<float>((finish.out_signed ? 127 : 255) - finish.out_zero);
  for (size_t c = 0; c < n; ++c) {
    uint32_t sum = static_cast<uint32_t>(acc[c]) + static_cast<uint32_t>(finish.base[c]);
    if (finish.zero != nullptr) {
      sum -= static_cast<uint32_t>(finish.zero[c]) * static_cast<uint32_t>(row_sum);
    }
    const auto value = static_cast<int32_t>(sum);
    switch (finish.out) {
      case I8GemmOut::kInt32:
        static_cast<int32_t*>(y)[c] = value;
        break;
      case I8GemmOut::kRequantize: {
        const float scaled = static_cast<float>(value) * finish.scale[c];
        const float rounded = std::nearbyint(std::min(std::max(scaled, lowest), highest));
        static_cast<uint8_t*>(y)[c] =
            static_cast<uint8_t>(static_cast<int32_t>(rounded) + finish.out_zero);
        break;
      }
      case I8GemmOut::kDequantize: {
        float result = static_cast<float>(value) * (row_scale * finish.scale[c]);
        if (finish.float_bias != nullptr) result += finish.float_bias[c];
        static_cast<float*>(y)[c] = std::min(std::max(result, finish.low), finish.high);
        break;
      }
    }
  }
}

void Finish(size_t rows, size_t n, const int32_t* acc, size_t acc_row, const I8GemmFinish& finish,
            void* y, size_t y_row) {
  const size_t element = I8ElementBytes(finish.out);
  for (size_t r = 0; r < rows; ++r) {
    FinishRow(n, acc + r * acc_row, finish, finish.zero == nullptr ? 0 : finish.row_sums[r],
              finish.row_scale == nullptr ? 1 : finish.row_scale[r],
              static_cast<uint8_t*>(y) + r * y_row * element);
  }
}

FloatRange Add(size_t n, const float* z, float low, float high, float* y) {
  FloatRange range = {std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()};
  for (size_t i = 0; i < n; ++i) {
    y[i] = std::min(std::max(y[i] + z[i], low), high);
    if (y[i] < range.min) range.min = y[i];
    if (y[i] > range.max) range.max = y[i];
  }
  return range;
}

}  // namespace

const I8GemmKernel i8_gemm_reference = {
    .rows = 1,
    .columns = kColumns,
    .depth = 1,
    .depth_block = kDepthBlock,
    .cost = 1,
    .wide = false,
    .tiles = Tiles,
    .finished_tiles = nullptr,
    .widen = nullptr,
    .flips = Flips,
    .row_sum = RowSum,
    .finish = Finish,
    .add = Add,
};

}  // namespace quantab::kernels
