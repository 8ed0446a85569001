// 128-bit SIMD under its WebAssembly names, on every target.
//
// WebAssembly: the compiler's own <wasm_simd128.h>. Elsewhere: the same names through SIMDe, so
// that native tests, sanitizers and fuzzers run the very source that ships.
//
// QUANTAB_RELAXED_SIMD is 1 where the relaxed instructions below exist: in the relaxed WebAssembly
// module, and natively, where they are emulated for tests.
#ifndef QUANTAB_CORE_BASE_SIMD_H_
#define QUANTAB_CORE_BASE_SIMD_H_

#include <atomic>
#include <cstdint>
#include <cstring>

#if defined(__wasm__)
#include <wasm_simd128.h>
#else
#ifndef SIMDE_WASM_SIMD128_ENABLE_NATIVE_ALIASES
#define SIMDE_WASM_SIMD128_ENABLE_NATIVE_ALIASES
#endif
#include <simde/wasm/simd128.h>
#endif

#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
#define QUANTAB_RELAXED_SIMD 1
#else
#define QUANTAB_RELAXED_SIMD 0
#endif

// Unrolls the loop that follows, whose trip count is a small constant, so that arrays of vectors
// become registers.
#if defined(__clang__)
#define QUANTAB_UNROLL _Pragma("unroll")
#else
#define QUANTAB_UNROLL _Pragma("GCC unroll 32")
#endif

namespace quantab {

// What i32x4.relaxed_dot_i8x16_i7x16_add does when a byte of its second operand has the top bit
// set. The standard leaves the choice to the machine; the first operand is signed everywhere.
enum class RelaxedDot : uint8_t {
  kAbsent,      // this build has no relaxed instructions
  kSigned,      // second operand signed, exact (Arm with dot product)
  kUnsigned,    // second operand unsigned, exact (x86 with VNNI)
  kSaturating,  // second operand unsigned, pairs of products saturated to 16 bits (x86 without
                // VNNI), or anything else
};

#if QUANTAB_RELAXED_SIMD

#if defined(__wasm__)

inline v128_t RelaxedDotAdd(v128_t a, v128_t b, v128_t c) {
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, c);
}

inline v128_t RelaxedMulAdd(v128_t a, v128_t b, v128_t c) {
  return wasm_f32x4_relaxed_madd(a, b, c);
}

// Bytes of `a` by index: 0 for indices of 128 and more. Those of 16 to 127 give 0 (Arm) or count
// modulo 16 (x86).
inline v128_t RelaxedSwizzle(v128_t a, v128_t index) {
  return wasm_i8x16_relaxed_swizzle(a, index);
}

#else

// Natively the instruction is emulated, in the behaviour set here; tests set it. While it is
// kAbsent no relaxed kernel is chosen, and one that is forced sees kSigned.
inline std::atomic<RelaxedDot> emulated_relaxed_dot{RelaxedDot::kAbsent};

// c + four products per 32-bit lane, first operand signed.
inline v128_t RelaxedDotAdd(v128_t a, v128_t b, v128_t c) {
  int8_t x[16];
  uint8_t y[16];
  uint32_t sum[4];
  std::memcpy(x, &a, sizeof(x));
  std::memcpy(y, &b, sizeof(y));
  std::memcpy(sum, &c, sizeof(sum));
  const RelaxedDot behaviour = emulated_relaxed_dot.load(std::memory_order_relaxed);
  const bool second_unsigned =
      behaviour == RelaxedDot::kUnsigned || behaviour == RelaxedDot::kSaturating;
  for (int lane = 0; lane < 4; ++lane) {
    for (int pair = 0; pair < 2; ++pair) {
      int32_t products = 0;
      for (int i = 4 * lane + 2 * pair; i < 4 * lane + 2 * pair + 2; ++i) {
        products += x[i] * (second_unsigned ? int32_t{y[i]} : int32_t{static_cast<int8_t>(y[i])});
      }
      if (behaviour == RelaxedDot::kSaturating) {
        products = products > INT16_MAX ? INT16_MAX : products < INT16_MIN ? INT16_MIN : products;
      }
      sum[lane] += static_cast<uint32_t>(products);
    }
  }
  v128_t result;
  std::memcpy(&result, sum, sizeof(result));
  return result;
}

// a * b + c, rounded twice; the instruction may also round once.
inline v128_t RelaxedMulAdd(v128_t a, v128_t b, v128_t c) {
  return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
}

// Whether emulated indices of 16 to 127 count modulo 16; tests set it.
inline std::atomic<bool> emulated_swizzle_wraps{false};

inline v128_t RelaxedSwizzle(v128_t a, v128_t index) {
  const bool wraps = emulated_swizzle_wraps.load(std::memory_order_relaxed);
  uint8_t bytes[16], at[16], result[16];
  std::memcpy(bytes, &a, sizeof(bytes));
  std::memcpy(at, &index, sizeof(at));
  for (int i = 0; i < 16; ++i) {
    const bool inside = at[i] < 16 || (wraps && at[i] < 128);
    result[i] = inside ? bytes[at[i] % 16] : uint8_t{0};
  }
  v128_t swizzled;
  std::memcpy(&swizzled, result, sizeof(swizzled));
  return swizzled;
}

#endif  // __wasm__

#endif  // QUANTAB_RELAXED_SIMD

}  // namespace quantab

#endif  // QUANTAB_CORE_BASE_SIMD_H_
