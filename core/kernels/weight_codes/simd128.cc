#include <algorithm>
#include <bit>
#include <type_traits>

#include "core/base/simd.h"
#include "core/kernels/round_magic.h"
#include "core/kernels/weight_codes/weight_codes.h"

namespace quantab::kernels {
namespace {

// Integer ends are clamped to before the quotient is rounded, so that the sum with round_magic is
// exact: rounding to a whole number does not cross them.
struct Encoder {
  const CodeParameters& p;
  v128_t low = wasm_f32x4_splat(static_cast<float>(p.low));
  v128_t high = wasm_f32x4_splat(static_cast<float>(p.high));
  v128_t magic = wasm_f32x4_splat(round_magic);
  // Of all elements, where they share them.
  v128_t scale = wasm_f32x4_splat(p.each ? 1 : *p.scale);
  v128_t zero = wasm_i32x4_splat(p.each ? 0 : *p.zero);
  v128_t lowest = wasm_f32x4_sub(low, wasm_f32x4_convert_i32x4(zero));
  v128_t highest = wasm_f32x4_sub(high, wasm_f32x4_convert_i32x4(zero));

  v128_t Round(v128_t quotient, v128_t from, v128_t to, v128_t offset) const {
    // pmax(from, NaN) is from.
    const v128_t clamped = wasm_f32x4_pmin(wasm_f32x4_pmax(from, quotient), to);
    return wasm_i32x4_add(wasm_i32x4_sub(wasm_f32x4_add(clamped, magic), magic), offset);
  }

  // The codes of x[i ... i + 3].
  template <bool each>
  v128_t Four(const float* x, size_t i) const {
    const v128_t value = wasm_v128_load(x + i);
    if constexpr (each) {
      const v128_t zeros = wasm_v128_load(p.zero + i);
      const v128_t offsets = wasm_f32x4_convert_i32x4(zeros);
      return Round(wasm_f32x4_div(value, wasm_v128_load(p.scale + i)), wasm_f32x4_sub(low, offsets),
                   wasm_f32x4_sub(high, offsets), zeros);
    } else {
      return Round(wasm_f32x4_div(value, scale), lowest, highest, zero);
    }
  }
};

// Eight codes as 16 bits.
template <typename Code, bool each>
v128_t Eight(const Encoder& encoder, const float* x, size_t i) {
  const v128_t a = encoder.Four<each>(x, i);
  const v128_t b = encoder.Four<each>(x, i + 4);
  if constexpr (std::is_same_v<Code, uint16_t>) return wasm_u16x8_narrow_i32x4(a, b);
  return wasm_i16x8_narrow_i32x4(a, b);
}

template <typename Code, bool each>
void Sixteen(const Encoder& encoder, const float* x, size_t i, Code* y) {
  const v128_t a = Eight<Code, each>(encoder, x, i);
  const v128_t b = Eight<Code, each>(encoder, x, i + 8);
  if constexpr (sizeof(Code) == 2) {
    wasm_v128_store(y + i, a);
    wasm_v128_store(y + i + 8, b);
  } else {
    wasm_v128_store(y + i, std::is_signed_v<Code> ? wasm_i8x16_narrow_i16x8(a, b)
                                                  : wasm_u8x16_narrow_i16x8(a, b));
  }
}

template <typename Code, bool each>
void Run(size_t n, const float* x, const CodeParameters& p, Code* y) {
  const Encoder encoder{p};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) Sixteen<Code, each>(encoder, x, i, y);
  const float magic = round_magic;
  for (; i < n; ++i) {
    const size_t at = each ? i : 0;
    const float quotient = x[i] / p.scale[at];
    const auto low = static_cast<float>(p.low - p.zero[at]);
    const auto high = static_cast<float>(p.high - p.zero[at]);
    const float clamped = quotient > low ? std::min(quotient, high) : low;
    y[i] = static_cast<Code>(std::bit_cast<int32_t>(clamped + magic) -
                             std::bit_cast<int32_t>(magic) + p.zero[at]);
  }
}

template <typename Code>
void Codes(size_t n, const float* x, const CodeParameters& p, Code* y) {
  return p.each ? Run<Code, true>(n, x, p, y) : Run<Code, false>(n, x, p, y);
}

// Per 16-bit lane: the pair of codes in the low byte.
v128_t Pairs(const uint8_t* codes) {
  const v128_t nibbles = wasm_v128_and(wasm_v128_load(codes), wasm_i8x16_splat(15));
  const v128_t both = wasm_v128_or(nibbles, wasm_u16x8_shr(nibbles, 4));
  return wasm_v128_and(both, wasm_i16x8_splat(255));
}

void Pack(size_t n, const uint8_t* codes, uint8_t* y) {
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    wasm_v128_store(y + i / 2, wasm_u8x16_narrow_i16x8(Pairs(codes + i), Pairs(codes + i + 16)));
  }
  for (; i < n; i += 2) {
    const unsigned high = i + 1 < n ? codes[i + 1] & 15U : 0U;
    y[i / 2] = static_cast<uint8_t>((codes[i] & 15U) | high << 4);
  }
}

}  // namespace

const WeightCodesKernel weight_codes_simd128 = {.u8 = Codes<uint8_t>,
                                                .s8 = Codes<int8_t>,
                                                .u16 = Codes<uint16_t>,
                                                .s16 = Codes<int16_t>,
                                                .pack = Pack};

}  // namespace quantab::kernels
