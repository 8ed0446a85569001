// Sizes of buffers, in arithmetic that saturates: what exceeds size_t, 32 bits in WebAssembly, is
// SIZE_MAX, which no allocation gives. Kernels cannot fail; whoever allocates what a kernel asks
// for does, with Error(kOutOfMemory).
#ifndef QUANTAB_CORE_KERNELS_BYTES_H_
#define QUANTAB_CORE_KERNELS_BYTES_H_

#include <cstddef>
#include <cstdint>

namespace quantab::kernels {

constexpr size_t SaturatingAdd(size_t a, size_t b) {
  size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

constexpr size_t SaturatingMul(size_t a, size_t b) {
  size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

// The product of all.
template <typename... Sizes>
constexpr size_t SaturatingMul(size_t a, size_t b, Sizes... others) {
  return SaturatingMul(SaturatingMul(a, b), others...);
}

constexpr size_t DivideUp(size_t value, size_t step) {
  return value / step + (value % step == 0 ? 0 : 1);
}

// The next multiple of `step`.
constexpr size_t SaturatingRoundUp(size_t value, size_t step) {
  return SaturatingMul(DivideUp(value, step), step);
}

// The size of blocks of at most `most` that divide `count` into as few as can be, of about the same
// size: a multiple of `step`, which divides `most`. At least `step`.
constexpr size_t EvenBlock(size_t count, size_t most, size_t step) {
  if (count <= step) return step;
  return SaturatingRoundUp(DivideUp(count, DivideUp(count, most)), step);
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_BYTES_H_
