// Taps go in pairs through the 16-bit dot product: the values under two taps interleaved, times
// their two weights in every lane. Vectors are batched over rows as in f32_conv.
#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/i8_conv/i8_conv.h"

namespace quantab::kernels {
namespace {

constexpr int kBatch = 4;

struct Taps {
  size_t count;
  const size_t* offsets;
  const int16_t* w;
};

// Vectors of outputs waiting to be made: where their windows begin, where they go.
struct Batch {
  const int16_t* x[kBatch];
  int32_t* acc[kBatch];
  int count = 0;
};

// Eight outputs to a vector.
struct Eight {
  static constexpr size_t kOutputs = 8;

  static void Run(const Taps& taps, const Batch& batch) {
    v128_t sum[kBatch][2];
    const int16_t* x[kBatch];
    QUANTAB_UNROLL
    for (int v = 0; v < kBatch; ++v) {
      sum[v][0] = sum[v][1] = wasm_i32x4_splat(0);
      x[v] = batch.x[v];
    }
    for (size_t t = 0; t < taps.count; t += 2) {
      const v128_t weights = wasm_v128_load32_splat(taps.w + t);
      const size_t first = taps.offsets[t];
      const size_t second = taps.offsets[t + 1];
      QUANTAB_UNROLL
      for (int v = 0; v < kBatch; ++v) {
        const v128_t a = wasm_v128_load(x[v] + first);
        const v128_t b = wasm_v128_load(x[v] + second);
        const v128_t low = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        const v128_t high = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        sum[v][0] = wasm_i32x4_add(sum[v][0], wasm_i32x4_dot_i16x8(low, weights));
        sum[v][1] = wasm_i32x4_add(sum[v][1], wasm_i32x4_dot_i16x8(high, weights));
      }
    }
    QUANTAB_UNROLL
    for (int v = 0; v < kBatch; ++v) {
      wasm_v128_store(batch.acc[v], sum[v][0]);
      wasm_v128_store(batch.acc[v] + 4, sum[v][1]);
    }
  }
};

// Four outputs to a vector, for rows of four to seven.
struct Four {
  static constexpr size_t kOutputs = 4;

  static void Run(const Taps& taps, const Batch& batch) {
    v128_t sum[kBatch];
    const int16_t* x[kBatch];
    QUANTAB_UNROLL
    for (int v = 0; v < kBatch; ++v) {
      sum[v] = wasm_i32x4_splat(0);
      x[v] = batch.x[v];
    }
    for (size_t t = 0; t < taps.count; t += 2) {
      const v128_t weights = wasm_v128_load32_splat(taps.w + t);
      const size_t first = taps.offsets[t];
      const size_t second = taps.offsets[t + 1];
      QUANTAB_UNROLL
      for (int v = 0; v < kBatch; ++v) {
        const v128_t a = wasm_v128_load64_zero(x[v] + first);
        const v128_t b = wasm_v128_load64_zero(x[v] + second);
        const v128_t pairs = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        sum[v] = wasm_i32x4_add(sum[v], wasm_i32x4_dot_i16x8(pairs, weights));
      }
    }
    QUANTAB_UNROLL
    for (int v = 0; v < kBatch; ++v) wasm_v128_store(batch.acc[v], sum[v]);
  }
};

template <typename Vector>
void RowsOf(const Taps& taps, size_t rows, size_t n, const int16_t* x, size_t x_row, int32_t* acc) {
  Batch batch;
  for (size_t r = 0; r < rows; ++r, x += x_row, acc += n) {
    for (size_t i = 0; i < n; i += Vector::kOutputs) {
      // The last vector of a row makes some outputs a second time rather than reach beyond it.
      const size_t start = std::min(i, n - Vector::kOutputs);
      batch.x[batch.count] = x + start;
      batch.acc[batch.count] = acc + start;
      if (++batch.count == kBatch) {
        Vector::Run(taps, batch);
        batch.count = 0;
      }
    }
  }
  if (batch.count == 0) return;
  for (int v = batch.count; v < kBatch; ++v) {
    batch.x[v] = batch.x[0];
    batch.acc[v] = batch.acc[0];
  }
  Vector::Run(taps, batch);
}

// Rows of fewer than four outputs.
void Narrow(const Taps& taps, size_t rows, size_t n, const int16_t* x, size_t x_row, int32_t* acc) {
  for (size_t r = 0; r < rows; ++r, x += x_row) {
    for (size_t i = 0; i < n; ++i) {
      uint32_t sum = 0;
      for (size_t t = 0; t < taps.count; ++t) {
        sum += static_cast<uint32_t>(taps.w[t] * x[taps.offsets[t] + i]);
      }
      *acc++ = static_cast<int32_t>(sum);
    }
  }
}

void Rows(size_t rows, size_t n, size_t count, const int16_t* x, size_t x_row,
          const size_t* offsets, const int16_t* w, int32_t* acc) {
  const Taps taps = {count, offsets, w};
  if (n >= Eight::kOutputs) {
    RowsOf<Eight>(taps, rows, n, x, x_row, acc);
  } else if (n >= Four::kOutputs) {
    RowsOf<Four>(taps, rows, n, x, x_row, acc);
  } else {
    Narrow(taps, rows, n, x, x_row, acc);
  }
}

// kCount bytes (4 or 8), kStep apart, widened; reads nothing beyond the last.
template <size_t kCount, size_t kStep, bool kSigned>
v128_t LoadBytes(const uint8_t* from) {
  v128_t bytes;
  if constexpr (kStep == 1) {
    bytes = kCount == 8 ? wasm_v128_load64_zero(from) : wasm_v128_load32_zero(from);
  } else if constexpr (kCount == 8) {
    bytes = wasm_i8x16_shuffle(wasm_v128_load64_zero(from), wasm_v128_load64_zero(from + 7), 0, 2,
                               4, 6, 17, 19, 21, 23, 8, 8, 8, 8, 8, 8, 8, 8);
  } else {
    bytes = wasm_i8x16_shuffle(wasm_v128_load32_zero(from), wasm_v128_load32_zero(from + 3), 0, 2,
                               17, 19, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8);
  }
  return kSigned ? wasm_i16x8_extend_low_i8x16(bytes) : wasm_u16x8_extend_low_u8x16(bytes);
}

// Needs n >= kCount: the last vector of a row makes some elements a second time.
template <size_t kCount, size_t kStep, bool kSigned>
void CentreBy(size_t n, const uint8_t* from, v128_t zero, int16_t* to) {
  for (size_t i = 0; i < n; i += kCount) {
    const size_t start = std::min(i, n - kCount);
    const v128_t bytes = LoadBytes<kCount, kStep, kSigned>(from + start * kStep);
    const v128_t centred = wasm_i16x8_sub(bytes, zero);
    if constexpr (kCount == 8) {
      wasm_v128_store(to + start, centred);
    } else {
      wasm_v128_store64_lane(to + start, centred, 0);
    }
  }
}

template <size_t kStep, bool kSigned>
void CentreOf(size_t n, const uint8_t* from, int16_t zero, int16_t* to) {
  if (n >= 8) {
    CentreBy<8, kStep, kSigned>(n, from, wasm_i16x8_splat(zero), to);
  } else if (n >= 4) {
    CentreBy<4, kStep, kSigned>(n, from, wasm_i16x8_splat(zero), to);
  } else {
    for (size_t i = 0; i < n; ++i) {
      const uint8_t byte = from[i * kStep];
      to[i] = static_cast<int16_t>((kSigned ? int{static_cast<int8_t>(byte)} : int{byte}) - zero);
    }
  }
}

void Centre(size_t n, const uint8_t* from, bool is_signed, size_t step, int16_t zero, int16_t* to) {
  if (step == 1) {
    return is_signed ? CentreOf<1, true>(n, from, zero, to) : CentreOf<1, false>(n, from, zero, to);
  }
  if (step == 2) {
    return is_signed ? CentreOf<2, true>(n, from, zero, to) : CentreOf<2, false>(n, from, zero, to);
  }
  for (size_t i = 0; i < n; ++i) {
    const uint8_t byte = from[i * step];
    to[i] = static_cast<int16_t>((is_signed ? int{static_cast<int8_t>(byte)} : int{byte}) - zero);
  }
}

}  // namespace

const I8ConvKernel i8_conv_simd128 = {Rows, Centre};

}  // namespace quantab::kernels
