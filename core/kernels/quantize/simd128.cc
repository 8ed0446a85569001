#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/simd.h"
#include "core/kernels/quantize/quantize.h"
#include "core/kernels/round_magic.h"

namespace quantab::kernels {
namespace {

struct Quantizer {
  v128_t scale;
  v128_t lowest;
  v128_t highest;
  v128_t zero;
  v128_t magic;

  // Four values as int32, within the output's range. pmax(lowest, NaN) is lowest.
  v128_t operator()(const float* x) const {
    v128_t scaled = wasm_f32x4_div(wasm_v128_load(x), scale);
    scaled = wasm_f32x4_pmin(wasm_f32x4_pmax(lowest, scaled), highest);
    return wasm_i32x4_add(wasm_i32x4_sub(wasm_f32x4_add(scaled, magic), magic), zero);
  }

  template <typename Byte>
  void Sixteen(const float* x, Byte* y) const {
    const Quantizer& q = *this;
    const v128_t low = wasm_i16x8_narrow_i32x4(q(x), q(x + 4));
    const v128_t high = wasm_i16x8_narrow_i32x4(q(x + 8), q(x + 12));
    wasm_v128_store(y, std::is_signed_v<Byte> ? wasm_i8x16_narrow_i16x8(low, high)
                                              : wasm_u8x16_narrow_i16x8(low, high));
  }
};

template <typename Byte>
void Quantize(size_t n, const float* x, float scale, int32_t zero, Byte* y) {
  const auto lowest = static_cast<float>(std::numeric_limits<Byte>::min() - zero);
  const auto highest = static_cast<float>(std::numeric_limits<Byte>::max() - zero);
  const Quantizer quantizer = {.scale = wasm_f32x4_splat(scale),
                               .lowest = wasm_f32x4_splat(lowest),
                               .highest = wasm_f32x4_splat(highest),
                               .zero = wasm_i32x4_splat(zero),
                               .magic = wasm_f32x4_splat(round_magic)};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) quantizer.Sixteen(x + i, y + i);
  if (i == n) return;
  float last_x[16] = {};
  Byte last_y[16];
  std::copy_n(x + i, n - i, last_x);
  quantizer.Sixteen(last_x, last_y);
  std::copy_n(last_y, n - i, y + i);
}

template <typename Integer>
v128_t Load4(const Integer* x);

template <>
v128_t Load4(const int32_t* x) {
  return wasm_v128_load(x);
}

template <>
v128_t Load4(const uint8_t* x) {
  return wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(x)));
}

template <>
v128_t Load4(const int8_t* x) {
  return wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(x)));
}

template <typename Integer>
void Dequantize(size_t n, const Integer* x, float scale, int32_t zero, float* y) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zeros = wasm_i32x4_splat(zero);
  const auto four = [&](const Integer* from, float* to) {
    const v128_t value = wasm_f32x4_convert_i32x4(wasm_i32x4_sub(Load4(from), zeros));
    wasm_v128_store(to, wasm_f32x4_mul(value, scales));
  };
  size_t i = 0;
  for (; i + 4 <= n; i += 4) four(x + i, y + i);
  if (i == n) return;
  Integer last_x[4] = {};
  float last_y[4];
  std::copy_n(x + i, n - i, last_x);
  four(last_x, last_y);
  std::copy_n(last_y, n - i, y + i);
}

FloatRange Range(size_t n, const float* x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr int kVectors = 4;
  v128_t least[kVectors];
  v128_t most[kVectors];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    least[v] = wasm_f32x4_splat(kInfinity);
    most[v] = wasm_f32x4_splat(-kInfinity);
  }
  size_t i = 0;
  // pmin(a, NaN) and pmax(a, NaN) are a.
  for (; i + 4 * kVectors <= n; i += 4 * kVectors) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t value = wasm_v128_load(x + i + 4 * v);
      least[v] = wasm_f32x4_pmin(least[v], value);
      most[v] = wasm_f32x4_pmax(most[v], value);
    }
  }
  FloatRange range = {kInfinity, -kInfinity};
  const auto add = [&range](float low, float high) {
    if (low < range.min) range.min = low;
    if (high > range.max) range.max = high;
  };
  for (int v = 0; v < kVectors; ++v) {
    float low[4];
    float high[4];
    wasm_v128_store(low, least[v]);
    wasm_v128_store(high, most[v]);
    for (int lane = 0; lane < 4; ++lane) add(low[lane], high[lane]);
  }
  for (; i < n; ++i) add(x[i], x[i]);
  return range;
}

}  // namespace

const QuantizeKernel quantize_simd128 = {
    .quantize_u8 = Quantize<uint8_t>,
    .quantize_s8 = Quantize<int8_t>,
    .dequantize_u8 = Dequantize<uint8_t>,
    .dequantize_s8 = Dequantize<int8_t>,
    .dequantize_s32 = Dequantize<int32_t>,
    .min_max = Range,
};

}  // namespace quantab::kernels
