// Loops of one instruction that a machine can do no faster: as many independent chains as hide its
// latency, in registers alone. Each runs `rounds` rounds of kChains instructions and returns
// something that depends on all. They are never inlined: an engine compiles what runs long well,
// but goes over to it only at a call.
#ifndef QUANTAB_TESTS_BENCH_PEAKS_H_
#define QUANTAB_TESTS_BENCH_PEAKS_H_

#include <cstdint>

#include "core/base/simd.h"

namespace quantab::peaks {

inline constexpr int kChains = 12;

// Multiply-adds of one round of each.
inline constexpr int32_t kDot8 = kChains * 16;
inline constexpr int32_t kDot16 = kChains * 8;
inline constexpr int32_t kMultiplyAdd = kChains * 4;

template <class Step>
int32_t Chains(int32_t rounds, Step step) {
  v128_t sums[kChains];
  QUANTAB_UNROLL
  for (int i = 0; i < kChains; ++i) sums[i] = wasm_i32x4_splat(i);
  for (int32_t round = 0; round < rounds; ++round) {
    QUANTAB_UNROLL
    for (int i = 0; i < kChains; ++i) sums[i] = step(sums[i]);
  }
  v128_t all = sums[0];
  QUANTAB_UNROLL
  for (int i = 1; i < kChains; ++i) all = wasm_v128_xor(all, sums[i]);
  return wasm_i32x4_extract_lane(all, 0);
}

#if QUANTAB_RELAXED_SIMD
inline int32_t Dot8(int32_t rounds, int32_t a, int32_t b) {
  const v128_t x = wasm_i32x4_splat(a), y = wasm_i32x4_splat(b);
  return Chains(rounds, [&](v128_t sum) { return RelaxedDotAdd(x, y, sum); });
}
#endif

inline int32_t Dot16(int32_t rounds, int32_t a, int32_t b) {
  const v128_t x = wasm_i32x4_splat(a), y = wasm_i32x4_splat(b);
  return Chains(rounds,
                [&](v128_t sum) { return wasm_i32x4_add(wasm_i32x4_dot_i16x8(sum, y), x); });
}

inline int32_t MultiplyAdd(int32_t rounds, float a, float b) {
  const v128_t x = wasm_f32x4_splat(a), y = wasm_f32x4_splat(b);
#if QUANTAB_RELAXED_SIMD
  return Chains(rounds, [&](v128_t sum) { return RelaxedMulAdd(sum, x, y); });
#else
  return Chains(rounds, [&](v128_t sum) { return wasm_f32x4_add(wasm_f32x4_mul(sum, x), y); });
#endif
}

}  // namespace quantab::peaks

#endif  // QUANTAB_TESTS_BENCH_PEAKS_H_
