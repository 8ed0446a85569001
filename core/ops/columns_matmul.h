// Float32 products whose right operand is too large to lie in memory as float32: it is made a few
// columns at a time.
#pragma once

#include <cstddef>
#include <functional>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/ops/op.h"

namespace quantab {

// Writes column `n` of the right operand: element k to column[k * kernels::kF32GemmPanel].
using MakeColumn = std::function<void(size_t n, float* column)>;

// y = a * b + bias, where a is [m, k], b is [k, n], y is [m, n], and bias has n values or is null.
void MultiplyByColumns(OpContext& c, size_t m, size_t n, size_t k, const float* a,
                       const MakeColumn& b, const float* bias, float* y);

}  // namespace quantab
