#include "core/kernels/f32_gemm/f32_gemm.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/base/simd.h"
#include "core/kernels/bytes.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/f32_gemm/kernels.inc"
#undef QUANTAB_KERNEL
};

// What a thread may take: two tiles' rows, or four panels.
constexpr size_t kPartRows = 12;
constexpr size_t kPartColumns = 4 * kF32GemmPanel;
// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 4;

// Columns [0, columns) of a panel, element by element; the others become 0.
void PackColumns(size_t columns, size_t k, const float* b, size_t k_step, size_t n_step,
                 float* packed) {
  for (size_t i = 0; i < k; ++i, packed += kF32GemmPanel, b += k_step) {
    size_t c = 0;
    for (; c < columns; ++c) packed[c] = b[c * n_step];
    for (; c < kF32GemmPanel; ++c) packed[c] = 0;
  }
}

// Whole panels of rows, kPanels of them side by side: two use a cache line of B at once.
template <size_t kPanels>
void PackRows(size_t k, const float* b, size_t ldb, float* packed) {
  for (size_t i = 0; i < k; ++i, packed += kF32GemmPanel, b += ldb) {
    QUANTAB_UNROLL
    for (size_t p = 0; p < kPanels; ++p) {
      float* to = packed + p * k * kF32GemmPanel;
      wasm_v128_store(to, wasm_v128_load(b + p * kF32GemmPanel));
      wasm_v128_store(to + 4, wasm_v128_load(b + p * kF32GemmPanel + 4));
    }
  }
}

// Four rows of four floats, `step` apart, to four columns, a panel's row apart.
void Transpose4(const float* from, size_t step, float* to) {
  const v128_t r0 = wasm_v128_load(from), r1 = wasm_v128_load(from + step);
  const v128_t r2 = wasm_v128_load(from + 2 * step), r3 = wasm_v128_load(from + 3 * step);
  const v128_t a = wasm_i32x4_shuffle(r0, r1, 0, 4, 1, 5);
  const v128_t b = wasm_i32x4_shuffle(r2, r3, 0, 4, 1, 5);
  const v128_t c = wasm_i32x4_shuffle(r0, r1, 2, 6, 3, 7);
  const v128_t d = wasm_i32x4_shuffle(r2, r3, 2, 6, 3, 7);
  wasm_v128_store(to, wasm_i64x2_shuffle(a, b, 0, 2));
  wasm_v128_store(to + kF32GemmPanel, wasm_i64x2_shuffle(a, b, 1, 3));
  wasm_v128_store(to + 2 * kF32GemmPanel, wasm_i64x2_shuffle(c, d, 0, 2));
  wasm_v128_store(to + 3 * kF32GemmPanel, wasm_i64x2_shuffle(c, d, 1, 3));
}

// A whole panel of a matrix whose columns lie together.
void PackTransposed(size_t k, const float* b, size_t ldb, float* packed) {
  size_t i = 0;
  for (; i + 4 <= k; i += 4, packed += 4 * kF32GemmPanel) {
    Transpose4(b + i, ldb, packed);
    Transpose4(b + i + 4 * ldb, ldb, packed + 4);
  }
  PackColumns(kF32GemmPanel, k - i, b + i, 1, ldb, packed);
}

}  // namespace

constinit KernelFamily f32_gemm_family("f32_gemm", kEntries);

size_t F32GemmPackedBytes(size_t n, size_t k) {
  return SaturatingMul(SaturatingRoundUp(n, kF32GemmPanel), k, sizeof(float));
}

void F32GemmPack(size_t n, size_t k, const float* b, size_t ldb, bool transposed, float* packed) {
  if (k == 0) return;  // nothing to pack, however many columns there are
  size_t column = 0;
  if (!transposed) {
    constexpr size_t kBoth = 2 * kF32GemmPanel;
    for (; column + kBoth <= n; column += kBoth)
      PackRows<2>(k, b + column, ldb, packed + column * k);
  }
  for (; column + kF32GemmPanel <= n; column += kF32GemmPanel) {
    if (transposed)
      PackTransposed(k, b + column * ldb, ldb, packed + column * k);
    else
      PackRows<1>(k, b + column, ldb, packed + column * k);
  }
  if (column == n) return;
  PackColumns(n - column, k, b + (transposed ? column * ldb : column), transposed ? 1 : ldb,
              transposed ? ldb : 1, packed + column * k);
}

void F32Gemm(size_t m, size_t n, size_t k, const float* a, size_t lda, const float* packed,
             float* c, size_t ldc, const F32GemmEpilogue& epilogue) {
  const F32GemmKernel& kernel = f32_gemm_family.Get<F32GemmKernel>();
  // Parts of whole tiles, along the longer side: no sum depends on where its part ends.
  const size_t row_parts = DivideUp(m, kPartRows), column_parts = DivideUp(n, kPartColumns);
  if (row_parts >= column_parts) {
    const size_t steps = SaturatingMul(std::min(m, kPartRows), n, k) / kProductsOfAStep;
    ParallelFor(row_parts, GrainFor(steps), [&](size_t begin, size_t end) {
      const size_t row = begin * kPartRows;
      F32GemmEpilogue part = epilogue;
      if (part.row_bias != nullptr) part.row_bias += row;
      kernel.run(std::min(m, end * kPartRows) - row, n, k, a + row * lda, lda, packed,
                 c + row * ldc, ldc, part);
    });
  } else {
    const size_t steps = SaturatingMul(std::min(n, kPartColumns), m, k) / kProductsOfAStep;
    ParallelFor(column_parts, GrainFor(steps), [&](size_t begin, size_t end) {
      const size_t column = begin * kPartColumns;
      F32GemmEpilogue part = epilogue;
      if (part.column_bias != nullptr) part.column_bias += column;
      kernel.run(m, std::min(n, end * kPartColumns) - column, k, a, lda, packed + column * k,
                 c + column, ldc, part);
    });
  }
}

}  // namespace quantab::kernels
