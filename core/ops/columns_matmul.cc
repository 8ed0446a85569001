#include "core/ops/columns_matmul.h"

#include <algorithm>

namespace quantab {
namespace {

using kernels::kF32GemmPanel;

// What a piece of the right operand should take at most; it stays in a core's cache.
constexpr size_t kPieceBytes = size_t{1} << 19;

// Columns of a piece: a multiple of a panel's.
size_t ColumnsOfPiece(size_t n, size_t k) {
  const size_t panel = std::max<size_t>(1, kernels::F32GemmPackedBytes(kF32GemmPanel, k));
  const size_t panels = std::max<size_t>(1, kPieceBytes / panel);
  return std::min(panels, kernels::DivideUp(n, kF32GemmPanel)) * kF32GemmPanel;
}

}  // namespace

void MultiplyByColumns(OpContext& c, size_t m, size_t n, size_t k, const float* a,
                       const MakeColumn& b, const float* bias, float* y) {
  if (m == 0 || n == 0) return;
  const size_t columns = ColumnsOfPiece(n, k);
  float* packed = c.ScratchOf<float>(columns, k);
  for (size_t first = 0; first < n; first += columns) {
    const size_t own = std::min(columns, n - first);
    for (size_t i = 0; i < kernels::SaturatingRoundUp(own, kF32GemmPanel); ++i) {
      float* column = packed + i / kF32GemmPanel * kF32GemmPanel * k + i % kF32GemmPanel;
      if (i < own) {
        b(first + i, column);
      } else {
        for (size_t at = 0; at < k; ++at) column[at * kF32GemmPanel] = 0;
      }
    }
    kernels::F32GemmEpilogue epilogue;
    if (bias != nullptr) epilogue.column_bias = bias + first;
    kernels::F32Gemm(m, own, k, a, k, packed, y + first, n, epilogue);
  }
}

}  // namespace quantab
