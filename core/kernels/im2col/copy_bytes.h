// Copies and fills of a few to a few hundred bytes, inline: in WebAssembly memcpy and memset of a
// length known only at run time are calls out of the module, dearer than such bytes themselves.
#ifndef QUANTAB_CORE_KERNELS_IM2COL_COPY_BYTES_H_
#define QUANTAB_CORE_KERNELS_IM2COL_COPY_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/simd.h"

namespace quantab::kernels {

// A piece of kBytes, from and to any alignment.
template <size_t kBytes>
inline void CopyPiece(const uint8_t* from, uint8_t* to) {
  uint8_t piece[kBytes];
  std::memcpy(piece, from, kBytes);
  std::memcpy(to, piece, kBytes);
}

// n bytes; no overlap. The last piece of a size may copy some bytes a second time.
inline void CopyBytes(const uint8_t* from, uint8_t* to, size_t n) {
  if (n >= 16) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) CopyPiece<16>(from + i, to + i);
    if (i < n) CopyPiece<16>(from + n - 16, to + n - 16);
  } else if (n >= 8) {
    CopyPiece<8>(from, to);
    CopyPiece<8>(from + n - 8, to + n - 8);
  } else if (n >= 4) {
    CopyPiece<4>(from, to);
    CopyPiece<4>(from + n - 4, to + n - 4);
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

// n bytes of that value.
inline void FillBytes(uint8_t value, uint8_t* to, size_t n) {
  if (n < 16) {
    for (size_t i = 0; i < n; ++i) to[i] = value;
    return;
  }
  const v128_t values = wasm_i8x16_splat(static_cast<int8_t>(value));
  size_t i = 0;
  for (; i + 16 <= n; i += 16) wasm_v128_store(to + i, values);
  if (i < n) wasm_v128_store(to + n - 16, values);
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_IM2COL_COPY_BYTES_H_
