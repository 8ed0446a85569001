// Elements narrower than a byte, packed: element i is the bits from i * bits on, the first in the
// lowest bits of the first byte. Elements of 8 bits are the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/tensor/tensor.h"

namespace quantab {

inline bool IsPacked(DType dtype) { return BitsOf(dtype) > 0 && BitsOf(dtype) < 8; }

// The bits of element `i`.
inline uint8_t PackedElement(const uint8_t* packed, int bits, size_t i) {
  const uint64_t bit = uint64_t{i} * static_cast<unsigned>(bits);
  const size_t byte = static_cast<size_t>(bit / 8);
  const unsigned shift = bit % 8;
  unsigned code = static_cast<unsigned>(packed[byte]) >> shift;
  if (shift + static_cast<unsigned>(bits) > 8) {
    code |= static_cast<unsigned>(packed[byte + 1]) << (8 - shift);
  }
  return static_cast<uint8_t>(code & ((1U << bits) - 1));
}

// Sets element `i`, whose bits are 0, to the low bits of `code`.
inline void SetPackedElement(uint8_t* packed, int bits, size_t i, uint8_t code) {
  const uint64_t bit = uint64_t{i} * static_cast<unsigned>(bits);
  const size_t byte = static_cast<size_t>(bit / 8);
  const unsigned shifted = (code & ((1U << bits) - 1)) << (bit % 8);
  packed[byte] |= static_cast<uint8_t>(shifted);
  if (shifted > 0xff) packed[byte + 1] |= static_cast<uint8_t>(shifted >> 8);
}

// All elements of a packed tensor, one to a byte; the unused high bits are 0.
Tensor UnpackElements(const Tensor& tensor);

// Packs the bytes of `codes` into `out`, which has as many elements.
void PackElements(const Tensor& codes, Tensor& out);

// Types whose elements are codes of at most 8 bits that stand for numbers: small floats, and
// integers narrower than a byte.
bool HasCodes(DType dtype);

// The number behind each code of such a type. Float32 holds all of them exactly.
std::array<float, 256> ValuesOfCodes(DType dtype);

}  // namespace quantab
