// Rows go in pairs, as 16-bit values, through the 16-bit dot product.
#include <algorithm>

#include "core/kernels/i8_depthwise/accumulate.h"
#include "core/kernels/i8_depthwise/band3.h"

namespace quantab::kernels {
namespace {

constexpr size_t kDepth = 2;

template <bool kSigned>
v128_t Load(const uint8_t* from) {
  return kSigned ? wasm_i16x8_load8x8(from) : wasm_u16x8_load8x8(from);
}

template <bool kSigned, bool kBoth>
void InterleaveOf(size_t n, const uint8_t* const* rows, const size_t* steps, uint8_t* to) {
  const uint8_t* first = rows[0];
  const uint8_t* second = rows[1];
  for (size_t i = 0; i < n; ++i, to += kI8DepthwiseTermBytes) {
    const v128_t a = Load<kSigned>(first);
    const v128_t b = kBoth ? Load<kSigned>(second) : wasm_i32x4_splat(0);
    wasm_v128_store(to, wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(to + 16, wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
    first += steps[0];
    if (kBoth) second += steps[1];
  }
}

void Interleave(size_t n, const uint8_t* const* rows, const size_t* steps, bool is_signed,
                void* values) {
  auto* to = static_cast<uint8_t*>(values);
  if (rows[1] == nullptr) {
    is_signed ? InterleaveOf<true, false>(n, rows, steps, to)
              : InterleaveOf<false, false>(n, rows, steps, to);
  } else {
    is_signed ? InterleaveOf<true, true>(n, rows, steps, to)
              : InterleaveOf<false, true>(n, rows, steps, to);
  }
}

// Rows 0 and 1 of each channel in turn, then row 2 and nothing.
template <bool kSigned>
struct Column {
  v128_t pairs[2], singles[2];

  static Column Load(const uint8_t* a, const uint8_t* b, const uint8_t* c) {
    const v128_t first = kernels::Load<kSigned>(a);
    const v128_t second = kernels::Load<kSigned>(b);
    const v128_t third = kernels::Load<kSigned>(c);
    return {{wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11),
             wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15)},
            {wasm_i16x8_shuffle(third, wasm_i32x4_splat(0), 0, 8, 1, 9, 2, 10, 3, 11),
             wasm_i16x8_shuffle(third, wasm_i32x4_splat(0), 4, 12, 5, 13, 6, 14, 7, 15)}};
  }

  struct Weights {
    v128_t of[3][4];
    explicit Weights(const uint8_t* w) {
      QUANTAB_UNROLL
      for (int kw = 0; kw < 3; ++kw, w += kI8DepthwiseTermBytes) {
        QUANTAB_UNROLL
        for (int v = 0; v < 2; ++v) {
          of[kw][v] = wasm_v128_load(w + 16 * v);
          of[kw][2 + v] = wasm_v128_load(w + 3 * kI8DepthwiseTermBytes + 16 * v);
        }
      }
    }
  };

  void AddTo(i8_depthwise_simd::Sums& sums, const Weights& w, int kw) const {
    QUANTAB_UNROLL
    for (int v = 0; v < 2; ++v) {
      const v128_t of_pairs = wasm_i32x4_dot_i16x8(w.of[kw][v], pairs[v]);
      const v128_t of_singles = wasm_i32x4_dot_i16x8(w.of[kw][2 + v], singles[v]);
      sums.of[v] = wasm_i32x4_add(sums.of[v], wasm_i32x4_add(of_pairs, of_singles));
    }
  }
};

void Band3(const I8DepthwiseBand3& band, size_t channel, const void* w, const I8GemmFinish& finish,
           void* y) {
  band.is_signed ? i8_depthwise_simd::Band3<Column<true>>(band, channel, w, finish, y)
                 : i8_depthwise_simd::Band3<Column<false>>(band, channel, w, finish, y);
}

void Accumulate(size_t n, size_t terms, const uint8_t* values, const size_t* offsets, size_t step,
                const void* w, int32_t* acc) {
  i8_depthwise_simd::AccumulateRow(n, terms, values, offsets, step, w, acc,
                                   [](v128_t weights, v128_t x, v128_t sum) {
                                     return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(weights, x));
                                   });
}

void Pack(const int16_t* w, void* term) {
  std::copy_n(w, kDepth * kI8DepthwiseChannels, static_cast<int16_t*>(term));
}

bool Flips(bool) { return false; }

}  // namespace

const I8DepthwiseKernel i8_depthwise_simd128 = {.depth = kDepth,
                                                .narrow_weights = false,
                                                .interleave = Interleave,
                                                .accumulate = Accumulate,
                                                .band3 = Band3,
                                                .pack = Pack,
                                                .flips = Flips};

}  // namespace quantab::kernels
