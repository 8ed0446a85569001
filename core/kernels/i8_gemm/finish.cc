#include "core/kernels/i8_gemm/finish.h"

#include <algorithm>
#include <cstring>

#include "core/base/simd.h"

namespace quantab::kernels::i8_gemm_simd {
namespace {

// 1.5 * 2^23: added to a float of magnitude below 2^22 it leaves the value, rounded half to even,
// in the low bits.
constexpr float kRoundMagic = 12582912.0F;

v128_t Corrected(const int32_t* acc, const I8GemmFinish& finish, size_t c, v128_t row_sum) {
  v128_t value = wasm_i32x4_add(wasm_v128_load(acc + c), wasm_v128_load(finish.base + c));
  if (finish.zero != nullptr) {
    value = wasm_i32x4_sub(value, wasm_i32x4_mul(wasm_v128_load(finish.zero + c), row_sum));
  }
  return value;
}

struct Requantize {
  v128_t lowest;
  v128_t highest;
  v128_t magic_less_zero;  // the bits of kRoundMagic, minus the output's zero point

  // Four results as int32, within the output's range.
  v128_t operator()(v128_t value, const float* scale) const {
    v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(value), wasm_v128_load(scale));
    scaled = wasm_f32x4_pmin(wasm_f32x4_pmax(scaled, lowest), highest);
    const v128_t magic = wasm_f32x4_splat(kRoundMagic);
    return wasm_i32x4_sub(wasm_f32x4_add(scaled, magic), magic_less_zero);
  }
};

// Four columns; y points at them.
void FinishFour(const int32_t* acc, const I8GemmFinish& finish, size_t c, v128_t row_sum,
                const Requantize& requantize, bool out_signed, uint8_t* y) {
  const v128_t value = Corrected(acc, finish, c, row_sum);
  switch (finish.out) {
    case I8GemmOut::kInt32:
      wasm_v128_store(y, value);
      break;
    case I8GemmOut::kRequantize: {
      const v128_t whole = requantize(value, finish.scale + c);
      const v128_t half = wasm_i16x8_narrow_i32x4(whole, whole);
      const v128_t bytes =
          out_signed ? wasm_i8x16_narrow_i16x8(half, half) : wasm_u8x16_narrow_i16x8(half, half);
      wasm_v128_store32_lane(y, bytes, 0);
      break;
    }
    case I8GemmOut::kDequantize: {
      const v128_t factor =
          wasm_f32x4_mul(wasm_f32x4_splat(finish.row_scale), wasm_v128_load(finish.scale + c));
      v128_t result = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(value), factor);
      if (finish.float_bias != nullptr) {
        result = wasm_f32x4_add(result, wasm_v128_load(finish.float_bias + c));
      }
      wasm_v128_store(y, result);
      break;
    }
  }
}

}  // namespace

int32_t RowSum(size_t k, const uint8_t* a, bool a_signed) {
  v128_t sums = wasm_i32x4_splat(0);
  size_t i = 0;
  for (; i + 16 <= k; i += 16) {
    const v128_t bytes = wasm_v128_load(a + i);
    const v128_t pairs = a_signed ? wasm_i16x8_extadd_pairwise_i8x16(bytes)
                                  : wasm_u16x8_extadd_pairwise_u8x16(bytes);
    sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
  }
  uint32_t lanes[4];
  wasm_v128_store(lanes, sums);
  uint32_t sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
  for (; i < k; ++i) {
    sum += static_cast<uint32_t>(a_signed ? int32_t{static_cast<int8_t>(a[i])} : int32_t{a[i]});
  }
  return static_cast<int32_t>(sum);
}

void Finish(size_t n, const int32_t* acc, const I8GemmFinish& finish, void* y) {
  const int32_t lowest = finish.out_signed ? -128 : 0;
  const int32_t highest = finish.out_signed ? 127 : 255;
  const Requantize requantize = {
      .lowest = wasm_f32x4_splat(static_cast<float>(lowest - finish.out_zero)),
      .highest = wasm_f32x4_splat(static_cast<float>(highest - finish.out_zero)),
      .magic_less_zero =
          wasm_i32x4_sub(wasm_f32x4_splat(kRoundMagic), wasm_i32x4_splat(finish.out_zero))};
  const v128_t row_sum = wasm_i32x4_splat(finish.row_sum);
  const size_t element = finish.out == I8GemmOut::kRequantize ? 1 : 4;
  auto* bytes = static_cast<uint8_t*>(y);
  size_t c = 0;
  if (finish.out == I8GemmOut::kRequantize) {
    for (; c + 8 <= n; c += 8) {
      const v128_t low = requantize(Corrected(acc, finish, c, row_sum), finish.scale + c);
      const v128_t high = requantize(Corrected(acc, finish, c + 4, row_sum), finish.scale + c + 4);
      const v128_t half = wasm_i16x8_narrow_i32x4(low, high);
      const v128_t packed = finish.out_signed ? wasm_i8x16_narrow_i16x8(half, half)
                                              : wasm_u8x16_narrow_i16x8(half, half);
      wasm_v128_store64_lane(bytes + c, packed, 0);
    }
  }
  for (; c + 4 <= n; c += 4) {
    FinishFour(acc, finish, c, row_sum, requantize, finish.out_signed, bytes + c * element);
  }
  if (c == n) return;
  if (n >= 4) {
    // The last four, some of them a second time.
    c = n - 4;
    FinishFour(acc, finish, c, row_sum, requantize, finish.out_signed, bytes + c * element);
    return;
  }
  // Fewer than four go through buffers of four, so that nothing is read or written beyond the
  // caller's arrays.
  alignas(16) int32_t last_acc[4] = {};
  alignas(16) int32_t base[4] = {};
  alignas(16) int32_t zero[4] = {};
  alignas(16) float scale[4] = {};
  alignas(16) float float_bias[4] = {};
  alignas(16) uint8_t result[16];
  const size_t rest = n - c;
  I8GemmFinish last = finish;
  std::copy_n(acc + c, rest, last_acc);
  std::copy_n(finish.base + c, rest, base);
  last.base = base;
  if (finish.zero != nullptr) {
    std::copy_n(finish.zero + c, rest, zero);
    last.zero = zero;
  }
  if (finish.out != I8GemmOut::kInt32) std::copy_n(finish.scale + c, rest, scale);
  last.scale = scale;
  if (finish.float_bias != nullptr) {
    std::copy_n(finish.float_bias + c, rest, float_bias);
    last.float_bias = float_bias;
  }
  FinishFour(last_acc, last, 0, row_sum, requantize, finish.out_signed, result);
  std::memcpy(bytes + c * element, result, rest * element);
}

}  // namespace quantab::kernels::i8_gemm_simd
