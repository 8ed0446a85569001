// Rows go by fours, as bytes, through the relaxed int8 dot product: weights are the signed first
// operand, values the second, in the signedness the machine takes (dispatch.h). Values of the other
// signedness have their top bits flipped, as their zero point has.
#include <algorithm>

#include "core/kernels/i8_depthwise/accumulate.h"
#include "core/kernels/i8_depthwise/band3.h"
#include "core/kernels/relaxed_dot.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {
namespace {

constexpr size_t kDepth = 4;

// Eight bytes of two rows in turn, the second of which may not be there.
template <bool kBoth>
v128_t Pairs(const uint8_t* a, const uint8_t* b) {
  const v128_t second = kBoth ? wasm_v128_load64_zero(b) : wasm_i32x4_splat(0);
  return wasm_i8x16_shuffle(wasm_v128_load64_zero(a), second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5,
                            21, 6, 22, 7, 23);
}

// The first kRows rows are there.
template <size_t kRows, bool kFlip>
void InterleaveOf(size_t n, const uint8_t* const* rows, const size_t* steps, uint8_t* to) {
  const v128_t top_bits = wasm_i8x16_splat(-128);
  const uint8_t* row[kDepth];
  std::copy_n(rows, kDepth, row);
  for (size_t i = 0; i < n; ++i, to += kI8DepthwiseTermBytes) {
    v128_t first = Pairs<(kRows > 1)>(row[0], row[1]);
    v128_t second = kRows > 2 ? Pairs<(kRows > 3)>(row[2], row[3]) : wasm_i32x4_splat(0);
    if (kFlip) {
      first = wasm_v128_xor(first, top_bits);
      second = wasm_v128_xor(second, top_bits);
    }
    wasm_v128_store(to, wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(to + 16, wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15));
    QUANTAB_UNROLL
    for (size_t r = 0; r < kRows; ++r) row[r] += steps[r];
  }
}

template <bool kFlip>
void InterleaveRows(size_t n, const uint8_t* const* rows, const size_t* steps, uint8_t* to) {
  size_t count = 1;
  while (count < kDepth && rows[count] != nullptr) ++count;
  switch (count) {
    case 1:
      return InterleaveOf<1, kFlip>(n, rows, steps, to);
    case 2:
      return InterleaveOf<2, kFlip>(n, rows, steps, to);
    case 3:
      return InterleaveOf<3, kFlip>(n, rows, steps, to);
    default:
      return InterleaveOf<4, kFlip>(n, rows, steps, to);
  }
}

void Interleave(size_t n, const uint8_t* const* rows, const size_t* steps, bool is_signed,
                void* values) {
  auto* to = static_cast<uint8_t*>(values);
  RelaxedDotFlips(is_signed) ? InterleaveRows<true>(n, rows, steps, to)
                             : InterleaveRows<false>(n, rows, steps, to);
}

// Rows 0, 1, 2 and nothing of each channel in turn.
template <bool kFlip>
struct Column {
  v128_t low, high;

  static Column Load(const uint8_t* a, const uint8_t* b, const uint8_t* c) {
    v128_t first = Pairs<true>(a, b);
    v128_t second = Pairs<false>(c, nullptr);
    if (kFlip) {
      const v128_t top_bits = wasm_i8x16_splat(-128);
      first = wasm_v128_xor(first, top_bits);
      second = wasm_v128_xor(second, top_bits);
    }
    return {wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11),
            wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15)};
  }

  struct Weights {
    v128_t of[3][2];
    explicit Weights(const uint8_t* w) {
      QUANTAB_UNROLL
      for (int kw = 0; kw < 3; ++kw, w += kI8DepthwiseTermBytes) {
        of[kw][0] = wasm_v128_load(w);
        of[kw][1] = wasm_v128_load(w + 16);
      }
    }
  };

  void AddTo(i8_depthwise_simd::Sums& sums, const Weights& w, int kw) const {
    sums.of[0] = RelaxedDotAdd(w.of[kw][0], low, sums.of[0]);
    sums.of[1] = RelaxedDotAdd(w.of[kw][1], high, sums.of[1]);
  }
};

void Band3(const I8DepthwiseBand3& band, size_t channel, const void* w, const I8GemmFinish& finish,
           void* y) {
  RelaxedDotFlips(band.is_signed)
      ? i8_depthwise_simd::Band3<Column<true>>(band, channel, w, finish, y)
      : i8_depthwise_simd::Band3<Column<false>>(band, channel, w, finish, y);
}

void Accumulate(size_t n, size_t terms, const uint8_t* values, const size_t* offsets, size_t step,
                const void* w, int32_t* acc) {
  i8_depthwise_simd::AccumulateRow(
      n, terms, values, offsets, step, w, acc,
      [](v128_t weights, v128_t x, v128_t sum) { return RelaxedDotAdd(weights, x, sum); });
}

void Pack(const int16_t* w, void* term) {
  auto* to = static_cast<int8_t*>(term);
  for (size_t i = 0; i < kDepth * kI8DepthwiseChannels; ++i) to[i] = static_cast<int8_t>(w[i]);
}

}  // namespace

const I8DepthwiseKernel i8_depthwise_relaxed = {.depth = kDepth,
                                                .narrow_weights = true,
                                                .interleave = Interleave,
                                                .accumulate = Accumulate,
                                                .band3 = Band3,
                                                .pack = Pack,
                                                .flips = RelaxedDotFlips};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
