// The most that the machine does of one instruction, from WebAssembly: as many independent chains
// as hide its latency, in registers alone. Each function runs `rounds` rounds of kChains
// instructions and returns something that depends on all.
#include <cstdint>

#include "core/base/simd.h"

namespace {

constexpr int kChains = 12;

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

}  // namespace

#define QUANTAB_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// Multiply-adds of one round of each.
QUANTAB_EXPORT(dot8_multiply_adds)
int32_t dot8_multiply_adds() { return kChains * 16; }
QUANTAB_EXPORT(dot16_multiply_adds)
int32_t dot16_multiply_adds() { return kChains * 8; }
QUANTAB_EXPORT(float_multiply_adds)
int32_t float_multiply_adds() { return kChains * 4; }

#if QUANTAB_RELAXED_SIMD
QUANTAB_EXPORT(dot8)
int32_t dot8(int32_t rounds, int32_t a, int32_t b) {
  const v128_t x = wasm_i32x4_splat(a), y = wasm_i32x4_splat(b);
  return Chains(rounds, [&](v128_t sum) { return quantab::RelaxedDotAdd(x, y, sum); });
}
#endif

QUANTAB_EXPORT(dot16)
int32_t dot16(int32_t rounds, int32_t a, int32_t b) {
  const v128_t x = wasm_i32x4_splat(a), y = wasm_i32x4_splat(b);
  return Chains(rounds,
                [&](v128_t sum) { return wasm_i32x4_add(wasm_i32x4_dot_i16x8(sum, y), x); });
}

QUANTAB_EXPORT(multiply_add)
int32_t multiply_add(int32_t rounds, float a, float b) {
  const v128_t x = wasm_f32x4_splat(a), y = wasm_f32x4_splat(b);
#if QUANTAB_RELAXED_SIMD
  return Chains(rounds, [&](v128_t sum) { return quantab::RelaxedMulAdd(sum, x, y); });
#else
  return Chains(rounds, [&](v128_t sum) { return wasm_f32x4_add(wasm_f32x4_mul(sum, x), y); });
#endif
}
