// The loops of tests/bench/peaks.h, for JavaScript.
#include "tests/bench/peaks.h"

#define QUANTAB_EXPORT(name) extern "C" __attribute__((export_name(#name)))

QUANTAB_EXPORT(dot8_multiply_adds)
int32_t dot8_multiply_adds() { return quantab::peaks::kDot8; }
QUANTAB_EXPORT(dot16_multiply_adds)
int32_t dot16_multiply_adds() { return quantab::peaks::kDot16; }
QUANTAB_EXPORT(float_multiply_adds)
int32_t float_multiply_adds() { return quantab::peaks::kMultiplyAdd; }

#if QUANTAB_RELAXED_SIMD
QUANTAB_EXPORT(dot8)
int32_t dot8(int32_t rounds, int32_t a, int32_t b) { return quantab::peaks::Dot8(rounds, a, b); }
#endif

QUANTAB_EXPORT(dot16)
int32_t dot16(int32_t rounds, int32_t a, int32_t b) { return quantab::peaks::Dot16(rounds, a, b); }

QUANTAB_EXPORT(multiply_add)
int32_t multiply_add(int32_t rounds, float a, float b) {
  return quantab::peaks::MultiplyAdd(rounds, a, b);
}
